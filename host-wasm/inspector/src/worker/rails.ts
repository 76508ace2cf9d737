// Owns: laying out the branch picture: which run stands on which line and in which column.
// Invariant: the run that goes on in the column of the one above it is the one with the active leaf, else the one with
// the most leaves; so there are never more columns than the logarithm of the leaves, and one.
import type { Outline } from '../../../jcode_session_wasm'
import type { Rail } from '../protocol'

/** The lines, from the first root down: side branches before what goes on. */
export function rails({ nodes, active }: Outline): Rail[] {
    const children: number[][] = nodes.map(() => [])
    const roots: number[] = []
    nodes.forEach((node, number) => (node.parent === null ? roots : children[node.parent]!).push(number))

    const onPath = new Set<number>()
    for (let at = active; at !== null && at !== undefined; at = nodes[at]?.parent ?? null) onPath.add(at)

    const order = walk(roots, children)
    const leaves = new Array<number>(nodes.length).fill(0)
    for (const number of order.toReversed()) {
        const below = children[number]!
        leaves[number] = below.length === 0 ? 1 : below.reduce((sum, child) => sum + leaves[child]!, 0)
    }
    // What goes on comes last; of equals the one that was begun last.
    const weight = (number: number) => (onPath.has(number) ? Infinity : leaves[number]!)
    for (const below of children) below.sort((a, b) => weight(a) - weight(b) || a - b)

    const lanes = new Array<number>(nodes.length).fill(0)
    const out: Rail[] = []
    // Columns in which a run goes on further down, by how many there are.
    const open: number[] = []
    for (const number of walk(roots, children)) {
        const node = nodes[number]!
        const siblings = node.parent === null ? [] : children[node.parent]!
        const goesOn = siblings.at(-1) === number
        const from = node.parent === null ? null : lanes[node.parent]!
        const lane = from === null ? 0 : goesOn ? from : from + 1
        lanes[number] = lane
        if (goesOn && from !== null) open.splice(open.indexOf(from), 1)
        const below = children[number]!.length > 0
        const passing = [...new Set(open)].filter(column => column < lane).sort((a, b) => a - b)
        out.push({ node, number, lane, from, passing, below, active: onPath.has(number) })
        if (below) open.push(lane)
    }
    return out
}

/** Parents before children, without recursion: a tree may be deep. */
function walk(roots: number[], children: number[][]): number[] {
    const order: number[] = []
    const stack = roots.toReversed()
    for (let number = stack.pop(); number !== undefined; number = stack.pop()) {
        order.push(number)
        for (const child of children[number]!.toReversed()) stack.push(child)
    }
    return order
}
