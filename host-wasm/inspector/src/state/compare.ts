// Owns: two paths side by side: from where they part, what each of them holds.
// Invariant: the left one is the path that the transcript shows, or the active one.
import { effect, signal } from '@preact/signals'
import type { Rail } from '../protocol'
import { current, tell } from './current'
import { Pages } from './pages'
import { rails } from './session'
import { cursor, onlyTail, scope } from './transcript'

/** One of the two, from where they part. */
export interface Side {
    leaf: string
    length: number
    pages: Pages
}

export interface Comparison {
    /** Entries that both paths begin with. */
    shared: number
    left: Side
    right: Side
}

export const comparing = signal<Comparison | null>(null)

/** Compares the path that is shown with the one to the end of a run. */
export async function compare(run: Rail): Promise<void> {
    const here = scope.value
    const leaf = here.kind === 'path' ? here.leaf : null
    const lines = rails.value
    const shown = leaf === null ? lines.findLast(line => line.active) : lines.find(line => line.node.id === leaf)
    if (!shown) return
    try {
        const shared = sharedBy(shown, run, lines)
        const [left, right] = await Promise.all([side(shown.node.id, shared), side(run.node.id, shared)])
        comparing.value = { shared, left, right }
    } catch (error) {
        tell(error)
    }
}

/** How many entries two paths have in common. */
function sharedBy(one: Rail, other: Rail, lines: Rail[]): number {
    const byNumber = new Map(lines.map(line => [line.number, line]))
    const above = new Set<number>()
    const up = ({ node }: Rail) => (node.parent === null ? undefined : byNumber.get(node.parent))
    for (let at: Rail | undefined = one; at; at = up(at)) above.add(at.number)
    for (let at: Rail | undefined = other; at; at = up(at)) if (above.has(at.number)) return at.node.depth
    return 0
}

async function side(leaf: string, from: number): Promise<Side> {
    const scope = { kind: 'path', leaf } as const
    const { length } = await current().ask('path', leaf)
    const pages = new Pages((first, count) => current().ask('rows', scope, from + first, count), tell)
    return { leaf, length: length - from, pages }
}

// Whoever goes elsewhere wants to see where.
effect(() => {
    void [scope.value, cursor.value, onlyTail.value]
    comparing.value = null
})
