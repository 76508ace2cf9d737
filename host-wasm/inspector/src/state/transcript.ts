// Owns: what the transcript shows: which scope, which of its entries, how many rows, where the cursor is.
// Invariant: the cursor is on a row that is shown on its own, or there is none. Before there is an index, only the tail
// is there. What is filtered is numbered anew: `picked` tells the numbers in the scope.
import { batch, effect, signal } from '@preact/signals'
import type { Detail, Row, Scope } from '../protocol'
import { Pages } from './pages'
import { current, notice, summary, tell } from './current'

export interface Cursor {
    index: number
    key: string
}

/** Asks the list to bring a row into view. `settled` grows, so that the same row can be asked for twice. */
export interface Reveal {
    index: number
    align: 'nearest' | 'start' | 'end'
    settled: number
}

export const scope = signal<Scope>({ kind: 'path', leaf: null })
export const length = signal(0)
/** Numbers in the scope of the rows that a filter lets through; null: all. */
export const picked = signal<number[] | null>(null)
/** The last row is seen. */
export const atEnd = signal(true)
/** Entries that came behind what is seen. */
export const news = signal(0)
/** Rows in front that are not there until the log was read. */
export const onlyTail = signal(true)
export const cursor = signal<Cursor | null>(null)
export const detail = signal<Detail | null>(null)
export const reveal = signal<Reveal>({ index: 0, align: 'start', settled: 0 })
/** Rows were put in front of those that are shown. */
export const grown = signal({ by: 0, settled: 0 })
/** The rows; a new one for each scope. */
export const pages = signal<Pages>(none())

function none(): Pages {
    return new Pages(() => Promise.resolve([]), tell)
}

/** The key that the address names, until its row was shown. */
let wanted: string | null = null

export function want(key: string | null): void {
    wanted = key
    if (key !== null && !onlyTail.value) void go(key)
}

export function reset(): void {
    batch(() => {
        scope.value = { kind: 'path', leaf: null }
        length.value = 0
        picked.value = null
        news.value = 0
        onlyTail.value = true
        cursor.value = null
        detail.value = null
        pages.value = none()
    })
}

/** Shows the tail that came with opening. */
export function begin(rows: Row[]): void {
    batch(() => {
        pages.value = new Pages((first, count) => Promise.resolve(rows.slice(first, first + count)), tell)
        length.value = rows.length
        show(rows.length - 1, 'end')
    })
}

/** The log was read: the rows in front of the tail can be shown. */
export async function whole(): Promise<void> {
    const before = length.value
    const path = await current().ask('path', null)
    const by = path.length - before
    const held = cursor.value
    batch(() => {
        onlyTail.value = false
        pages.value = fetched({ kind: 'path', leaf: null })
        length.value = path.length
        grown.value = { by, settled: grown.value.settled + 1 }
        if (held) cursor.value = { ...held, index: held.index + by }
    })
    if (wanted === null) return
    notice.value = null
    await go(wanted)
}

function fetched(scope: Scope): Pages {
    return new Pages((first, count) => current().ask('rows', scope, first, count), tell)
}

/** Shows only these rows of the scope; null: all. `goesOn`: they begin with those that are shown. */
export function pick(at: number[] | null, all: number, goesOn: boolean): void {
    const here = scope.value
    const before = length.value
    batch(() => {
        picked.value = at
        length.value = at?.length ?? all
        if (goesOn) {
            pages.value.renew(before)
            return
        }
        cursor.value = null
        const some = (first: number, count: number) => current().ask('rowsAt', here, (picked.value ?? []).slice(first, first + count))
        pages.value = at ? new Pages(some, tell) : fetched(here)
        show(length.value - 1, 'end')
    })
}

/** The session has grown: shows what has come behind the rows of the scope. */
export async function append(): Promise<void> {
    const here = scope.value
    if (here.kind === 'path' && here.leaf !== null) return
    const before = length.value
    const follows = atEnd.value
    try {
        const now = here.kind === 'all' ? (summary.value?.entry_count ?? 0) : (await current().ask('path', null)).length
        if (picked.value) return
        const last = before > 0 ? await pages.value.get(before - 1) : undefined
        const [there] = last && here.kind === 'path' ? await current().ask('rows', here, before - 1, 1) : [last]
        if (now < before || there?.key !== last?.key) return await elsewhere(last?.key ?? null, follows)
        batch(() => {
            pages.value.renew(before - 16)
            length.value = now
            if (follows) show(now - 1, 'end')
            else news.value += now - before
        })
    } catch (error) {
        tell(error)
    }
}

/** The session goes on from an earlier entry: follows it, or stays on the path that is looked at. */
async function elsewhere(last: string | null, follows: boolean): Promise<void> {
    if (follows || last === null) return look({ kind: 'path', leaf: null })
    scope.value = { kind: 'path', leaf: last }
    notice.value = { title: 'The session goes on elsewhere.', text: 'It was taken up from an earlier entry; “Active path” shows that branch.' }
}

/** Goes to the last row. */
export function toEnd(): void {
    news.value = 0
    show(length.value - 1, 'end')
}

function show(index: number, align: Reveal['align']): void {
    reveal.value = { index: Math.max(0, index), align, settled: reveal.value.settled + 1 }
}

/** Shows another scope, from its end, or from a row on. */
export async function look(next: Scope, at?: number): Promise<void> {
    try {
        const rows = next.kind === 'all' ? (summary.value?.entry_count ?? 0) : (await current().ask('path', next.leaf)).length
        batch(() => {
            scope.value = next
            picked.value = null
            news.value = 0
            pages.value = fetched(next)
            length.value = rows
            cursor.value = null
            show(at ?? rows - 1, at === undefined ? 'end' : 'start')
        })
    } catch (error) {
        tell(error)
    }
}

/** Goes to an entry, in this scope if it is there, else on a path that holds it. */
export async function go(key: string): Promise<void> {
    wanted = null
    if (onlyTail.value) return goInTail(key)
    try {
        const place = await current().ask('place', key)
        const here = scope.value
        if (here.kind === 'path') {
            const there = await current().ask('rows', here, place.position, 1)
            if (there[0]?.key !== place.key) await look({ kind: 'path', leaf: place.leaf }, place.position)
        }
        await toNumber(here.kind === 'all' ? place.seq : place.position)
    } catch (error) {
        tell(error)
    }
}

/** Goes to a row by its number in the scope, past a filter that hides it. */
async function toNumber(number: number): Promise<void> {
    const shown = picked.value
    if (!shown) return put(number, 'start')
    // A result stands in the row of its call, which may be the one that is shown.
    const index = shown.findLastIndex(at => at <= number)
    const row = index < 0 ? undefined : await pages.value.get(index)
    const holds = row && (shown[index] === number || JSON.stringify(row.blocks).includes(`"key":${JSON.stringify(await keyAt(number))}`))
    if (holds) return put(index, 'start')
    await look(scope.value, number)
    await put(number, 'start')
}

async function keyAt(number: number): Promise<string | undefined> {
    return (await current().ask('rows', scope.value, number, 1))[0]?.key
}

/** Before all of the log was read: goes there if it is in the tail, else as soon as it can. */
async function goInTail(key: string): Promise<void> {
    for (let index = 0; index < length.value; index++) {
        if ((await pages.value.get(index))?.key === key) return put(index, 'start')
    }
    wanted = key
    notice.value = { title: 'Not there yet', text: 'That entry is shown as soon as all of the log was read.' }
}

/** Shows the details of a row. */
export function inspect({ key, seq, parent, kind, at, offset, len }: Row): void {
    detail.value = { key, seq, parent, kind, at, offset, len }
}

/** Puts the cursor on a row; on the one that it is shown in, if it is shown in another. */
export async function put(index: number, align: Reveal['align'] = 'nearest'): Promise<void> {
    const row = await pages.value.get(index)
    if (!row) return
    const [at, host] = await hostOf(index, row)
    batch(() => {
        cursor.value = { index: at, key: host.key }
        inspect(row)
        show(at, align)
    })
}

/** How far a row may stand from the one that it is shown in. */
const REACH = 16

async function hostOf(index: number, row: Row): Promise<[number, Row]> {
    if (row.within === undefined) return [index, row]
    for (let at = index - 1; at >= Math.max(0, index - REACH); at--) {
        const host = await pages.value.get(at)
        if (host?.key === row.within) return [at, host]
    }
    return [index, row]
}

/** Moves the cursor; rows that are shown within others are passed. */
export async function step(by: 1 | -1, from: number): Promise<void> {
    let index = (cursor.value?.index ?? from - by) + by
    while (index > 0 && index < length.value - 1 && (await pages.value.get(index))?.within) index += by
    if (index >= 0 && index < length.value) await put(index)
}

effect(() => {
    if (atEnd.value) news.value = 0
})
