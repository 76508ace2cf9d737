// Owns: the search: what was asked, what was found so far, where in it one is.
// Invariant: what is shown belongs to the last question. A search goes through the log slice by slice, in the worker
// that answers everything else in between; a question that is replaced asks for no further slice.
import { batch, computed, effect, signal } from '@preact/signals'
import type { SearchHit, SearchReport } from '../protocol'
import { current, type Going, indexing, isCurrent, summary, tell } from './current'

/** Hits that are looked for at once; more on request. */
const AT_ONCE = 200
/** Bytes of a slice: a few frames' time. */
const SLICE = 16 * 1024 * 1024
/** Milliseconds after the last letter. */
const REST = 160

/** What stands in the field. */
export const wording = signal('')
export const question = signal('')
export const hits = signal<SearchHit[]>([])
/** Where more can be found; null if all was searched. */
export const next = signal<number | null>(null)
export const searching = signal<Going>({ at: 'idle' })
/** Hits in each run of the outline. */
export const hitsByRun = computed(() => {
    const runs = new Map<number, number>()
    for (const { run } of hits.value) if (run !== null) runs.set(run, (runs.get(run) ?? 0) + 1)
    return runs
})

let asked = 0
let resting: ReturnType<typeof setTimeout> | undefined

/** Searches once nothing was typed for a moment. */
export function type(text: string): void {
    wording.value = text
    clearTimeout(resting)
    if (text !== question.value) resting = setTimeout(() => void search(text), REST)
}

/** Searches for `text` from the start, unless that is what was searched for. */
export async function search(text: string): Promise<void> {
    clearTimeout(resting)
    asked += 1
    batch(() => {
        wording.value = question.value = text
        hits.value = []
        next.value = null
        searching.value = { at: 'idle' }
    })
    if (text !== '') await from(0, AT_ONCE)
}

/** Forgets the question: another session. */
export function forget(): void {
    void search('')
}

/** Goes on behind what was found. */
export async function more(): Promise<void> {
    if (next.value !== null && searching.value.at !== 'running') await from(next.value, hits.value.length + AT_ONCE)
}

/** Goes on in what has come behind the byte `at`. */
export async function searchOn(at: number): Promise<void> {
    const isDone = searching.value.at === 'done' && next.value === null
    if (question.value !== '' && isDone) await from(at, hits.value.length + AT_ONCE)
}

/** Ends the search where it is. */
export function stopSearch(): void {
    asked += 1
    searching.value = { at: 'cancelled' }
}

async function from(start: number, most: number): Promise<void> {
    const mine = ++asked
    const total = () => summary.value?.size_bytes ?? 0
    searching.value = { at: 'running', done: start, total: total() }
    try {
        await indexed()
        const engine = current()
        for (let at: number | null = start; at !== null; ) {
            if (mine !== asked || !isCurrent(engine)) return
            const left = most - hits.value.length
            const found: SearchReport = await engine.ask('search', question.value, at, left, SLICE)
            if (mine !== asked) return
            const isDone = found.next === null || found.hits.length >= left
            batch(() => {
                if (found.hits.length > 0) hits.value = [...hits.value, ...found.hits]
                next.value = isDone ? found.next : null
                searching.value = isDone ? { at: 'done' } : { at: 'running', done: found.next ?? 0, total: total() }
            })
            at = isDone ? null : found.next
        }
    } catch (error) {
        if (mine !== asked) return
        searching.value = { at: 'cancelled' }
        tell(error)
    }
}

/** Waits for the pass that makes the index, if it is under way. */
function indexed(): Promise<void> {
    return new Promise(resolve => {
        const stop = effect(() => {
            if (indexing.value.at === 'running') return
            queueMicrotask(() => stop())
            resolve()
        })
    })
}
