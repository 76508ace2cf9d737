// Owns: the session that this worker has open, and what each action does with it.
// Does not: decide how an entry looks (`show`), or hold anything but the session.
import type { Entry, OutlineNode, Progress, Session } from '../../../jcode_session_wasm'
import type { Action, Answer, Arguments, Detail, Scope } from '../protocol'
import { open, prepare } from './engine'
import { rails } from './rails'
import { rawPiece, prettyLine } from './raw'
import { titleOf } from '../text/titles'
import { briefOf, more, MOST_READ, row, rows, rowsAt } from './show'
import { survey } from './show/mark'

type Acts = { [A in Action]: (progress: Progress, ...args: Arguments<A>) => Answer<A> | Promise<Answer<A>> }

/** Entries of the first page. */
const FIRST_PAGE = 60

let session: Session | undefined

function opened(): Session {
    if (!session) throw Object.assign(new Error('no session is open'), { code: 'not-open' })
    return session
}

/** Entries of a scope, by their numbers in it. */
function entries(scope: Scope, first: number, count: number): Entry[] {
    const from = Math.max(0, first)
    const wanted = count - (from - first)
    if (wanted <= 0) return []
    return scope.kind === 'all'
        ? opened().page(from, wanted, MOST_READ)
        : opened().pathPage(scope.leaf, from, wanted, MOST_READ)
}

function detail(entry: Entry): Detail {
    const { key, seq, parent_id: parent, kind, ts: at, offset, len } = entry
    return { key, seq, parent, kind, at, offset, len }
}

/** The first entry, by halving, at or after a time. Entries stand in the order of time but for odd ones. */
function entryAtTime(at: number): string | null {
    const session = opened()
    let [low, high] = [0, session.summary().entry_count ?? 0]
    while (low < high) {
        const middle = (low + high) >>> 1
        const ts = session.page(middle, 1, 0)[0]?.ts
        if (ts !== null && ts !== undefined && ts < at) low = middle + 1
        else high = middle
    }
    return session.page(low, 1, 0)[0]?.key ?? null
}

/** What is said first in a run, by somebody if there is somebody. */
function beginning({ id, depth, length }: OutlineNode): string {
    const rows = opened().pathPage(id, depth - length, Math.min(length, 8), 256 * 1024).map(row)
    const said = rows.find(({ voice }) => voice === 'user') ?? rows.find(({ voice }) => voice !== 'change') ?? rows[0]
    return said ? briefOf(said) : ''
}

export const actions: Acts = {
    prepare,
    async open(progress, files, whole) {
        progress(0, 0)
        session?.free()
        session = undefined
        session = await open(files, whole)
        const indexed = session.hasIndex()
        const tail = session.tail(FIRST_PAGE, MOST_READ)
        return { summary: session.summary(), indexed, rows: rows(() => tail, 0, tail.length) }
    },
    async glance(_, files) {
        const glanced = await open(files, false)
        try {
            return glanced.summary()
        } finally {
            glanced.free()
        }
    },
    index(progress) {
        opened().index(progress)
        return opened().summary()
    },
    rails: () => rails(opened().outline()),
    labels: () => opened().labels(),
    path: (_, leaf) => opened().path(leaf),
    rows: (_, scope, first, count) => rows((from, number) => entries(scope, from, number), first, count),
    rowsAt: (_, scope, at) => rowsAt((from, number) => entries(scope, from, number), at),
    survey: (_, scope, first, count) => survey(entries(scope, first, count), first),
    briefs: (_, runs) => runs.map(beginning),
    detail: (_, key) => detail(opened().entry(key, 0)),
    raw: (_, key, from, length) => rawPiece(opened().raw(key, from, length), from),
    pretty: (_, key) => prettyLine(opened().entry(key, 1024 * 1024).line),
    more: (_, key, at, most) => more(opened().entry(key, MOST_READ), at, most),
    place: (_, key) => opened().place(key),
    entryAt: (_, offset) => opened().entryAt(offset),
    entryAtTime: (_, at) => entryAtTime(at),
    search: (progress, text, from, limit, bytes) => opened().search(text, { from, limit, bytes }, progress),
    async find(progress, files, text, limit) {
        const other = await open(files, false)
        try {
            const { hits, next } = other.search(text, { limit }, progress)
            return { title: hits.length > 0 ? titleOf(other.summary()) : '', hits, more: next !== null }
        } finally {
            other.free()
        }
    },
    timeline: (_, buckets) => opened().timeline(buckets),
    verify: progress => opened().verify(progress),
}
