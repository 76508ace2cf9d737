// Owns: which tool calls and other folded parts are open, by entry and block, so that scrolling away forgets nothing.
import { signal } from '@preact/signals'

/** What can be opened all at once. */
export type Look = 'call' | 'thinking'

/** Parts that are open wherever nobody has folded them. */
export const allOpen = signal<ReadonlySet<Look>>(new Set())

/** Changes whenever something was folded or opened. */
export const folds = signal(0)

/** What was opened or folded by hand. */
const own = new Map<string, boolean>()

export function isOpen(place: string, look: string): boolean {
    void folds.value
    return own.get(place) ?? allOpen.value.has(look as Look)
}

export function toggle(place: string, to: boolean): void {
    own.set(place, to)
    folds.value += 1
}

/** Opens or folds all parts of a look. */
export function toggleAll(look: Look): void {
    const next = new Set(allOpen.value)
    if (!next.delete(look)) next.add(look)
    own.clear()
    allOpen.value = next
    folds.value += 1
}
