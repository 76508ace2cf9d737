// Owns: which tool calls and other folded parts are open, by entry and block, so that scrolling away forgets nothing.
import { signal } from '@preact/signals'

/** Changes whenever something was folded or opened. */
const folds = signal(0)

const open = new Set<string>()

export function isOpen(place: string): boolean {
    void folds.value
    return open.has(place)
}

export function toggle(place: string, to = !open.has(place)): void {
    if (to) open.add(place)
    else open.delete(place)
    folds.value += 1
}
