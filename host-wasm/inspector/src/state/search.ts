// Owns: the search: what was asked, what was found, whether more can be found.
// Invariant: what is shown belongs to the last question; a question that is replaced ends its pass.
import { batch, signal } from '@preact/signals'
import type { SearchHit } from '../protocol'
import { cancel, current, tell } from './current'
import type { Pass } from './session'

const AT_ONCE = 200

export const question = signal('')
export const hits = signal<SearchHit[]>([])
export const next = signal<number | null>(null)
export const searching = signal<Pass>({ at: 'idle' })

let asked = 0

/** Searches for `text` from the start. */
export async function search(text: string): Promise<void> {
    if (searching.value.at === 'running') cancel('search')
    batch(() => {
        question.value = text
        hits.value = []
        next.value = null
        searching.value = { at: 'idle' }
    })
    asked += 1
    if (text !== '') await from(0)
}

/** Goes on behind what was found. */
export async function more(): Promise<void> {
    if (next.value !== null && searching.value.at !== 'running') await from(next.value)
}

async function from(start: number): Promise<void> {
    const mine = asked
    searching.value = { at: 'running', done: 0, total: 0 }
    try {
        const found = await current().pass('search', [question.value, start, AT_ONCE], (done, total) => {
            if (mine === asked) searching.value = { at: 'running', done, total }
        })
        if (mine !== asked) return
        batch(() => {
            hits.value = [...hits.value, ...found.hits]
            next.value = found.next
            searching.value = { at: 'done' }
        })
    } catch (error) {
        if (mine !== asked) return
        searching.value = { at: 'cancelled' }
        tell(error)
    }
}
