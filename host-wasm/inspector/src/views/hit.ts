// Owns: going to a hit: to its row, with what holds it opened.
import { effect } from '@preact/signals'
import type { SearchHit } from '../protocol'
import { hits, more, next, searching } from '../state/search'
import { cursor, detail, go, pages } from '../state/transcript'
import { toggle } from './transcript/folds'

/** The hit that was gone to last. */
let last: SearchHit | undefined
/** The first hit is gone to as soon as it has come. */
let isAwaited = false

effect(() => {
    if (hits.value.length > 0 && isAwaited) stepHit(1)
})

export async function visitHit(hit: SearchHit): Promise<void> {
    last = hit
    await go(hit.key)
    const row = cursor.value && pages.value.at(cursor.value.index)
    if (!row || hit.field === 'text' || hit.field === 'summary') return
    for (const [number, block] of row.blocks.entries()) {
        const holds = row.key === hit.key ? block.kind === 'call' || block.kind === 'thinking' || block.kind === 'output' : block.kind === 'call' && block.output?.key === hit.key
        if (holds) toggle(`${row.key} ${block.at ?? number}`, true)
    }
}

/** Goes to the hit behind or before the one where one is; to the first from elsewhere. */
export function stepHit(by: 1 | -1): void {
    const all = hits.value
    isAwaited = all.length === 0 && searching.value.at === 'running'
    const at = cursor.value?.key
    const isHere = last !== undefined && (at === last.key || detail.value?.key === last.key)
    const now = isHere ? all.indexOf(last!) : all.findIndex(hit => hit.key === at)
    if (by > 0 && now === all.length - 1 && next.value !== null) return void more().then(() => stepHit(1))
    const to = all[now < 0 ? (by > 0 ? 0 : all.length - 1) : (now + by + all.length) % all.length]
    if (to) void visitHit(to)
}
