// Owns: what the transcript shows: which scope, how many rows, where the cursor is.
// Invariant: the cursor is on a row of the scope, or there is none. Before there is an index, only the tail is there.
import { batch, signal } from '@preact/signals'
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

function show(index: number, align: Reveal['align']): void {
    reveal.value = { index: Math.max(0, index), align, settled: reveal.value.settled + 1 }
}

/** Shows another scope, from its end, or from a row on. */
export async function look(next: Scope, at?: number): Promise<void> {
    try {
        const rows = next.kind === 'all' ? (summary.value?.entry_count ?? 0) : (await current().ask('path', next.leaf)).length
        batch(() => {
            scope.value = next
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
        await put(here.kind === 'all' ? place.seq : place.position, 'start')
    } catch (error) {
        tell(error)
    }
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

/** Puts the cursor on a row. */
export async function put(index: number, align: Reveal['align'] = 'nearest'): Promise<void> {
    const row = await pages.value.get(index)
    if (!row) return
    batch(() => {
        cursor.value = { index, key: row.key }
        inspect(row)
        show(index, align)
    })
}

/** Moves the cursor; rows that are shown within others are passed. */
export async function step(by: 1 | -1, from: number): Promise<void> {
    let index = (cursor.value?.index ?? from - by) + by
    while (index > 0 && index < length.value - 1 && (await pages.value.get(index))?.within) index += by
    if (index >= 0 && index < length.value) await put(index)
}
