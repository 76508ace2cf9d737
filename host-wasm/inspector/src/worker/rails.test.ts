import { expect, test } from 'vitest'
import type { OutlineNode } from '../../../jcode_session_wasm'
import { rails } from './rails'

/** A tree of runs, by the parent of each; those without children are leaves. */
function outline(parents: (number | null)[], active: number | null = null) {
    const inner = new Set(parents)
    const nodes = parents.map(
        (parent, seq): OutlineNode => ({
            id: `n${seq}`, seq, depth: 1, parent, first: `f${seq}`, length: 1, leaf: !inner.has(seq), ts: null, name: null,
        }),
    )
    return { nodes, active: active ?? parents.length - 1 }
}

const drawn = (parents: (number | null)[], active?: number) =>
    rails(outline(parents, active)).map(({ node, lane }) => `${'| '.repeat(lane)}${node.id}`)

test('side branches come first, and the active path goes straight down', () => {
    expect(drawn([null, 0, 0, 2, 2], 3)).toEqual(['n0', '| n1', 'n2', '| n4', 'n3'])
    expect(drawn([null, null])).toEqual(['n0', 'n1'])
    expect(drawn([])).toEqual([])
})

test('where nothing is active, the branch with more leaves goes on', () => {
    const lines = rails({ ...outline([null, 0, 0, 1, 1]), active: null })
    expect(lines.map(({ node, lane }) => [node.id, lane])).toEqual([['n0', 0], ['n2', 1], ['n1', 0], ['n3', 1], ['n4', 0]])
})

test('every line joins the one that it comes from, in any tree', () => {
    for (let seed = 1; seed < 60; seed++) {
        let state = seed
        const roll = (below: number) => (state = (state * 48271) % 2147483647) % below
        const size = 2 + roll(300)
        const parents = Array.from({ length: size }, (_, number) => (number === 0 ? null : roll(number)))
        const lines = rails(outline(parents))
        expect(new Set(lines.map(({ node }) => node.id)).size).toBe(size)
        const leaves = lines.filter(({ below }) => !below).length
        expect(Math.max(...lines.map(({ lane }) => lane))).toBeLessThanOrEqual(Math.log2(leaves) + 1)
        lines.forEach(({ node, lane, from, passing }, at) => {
            if (passing.some(column => column >= lane)) throw new Error(`line ${at} passes itself`)
            if (from === null) return
            // From the parent down, its column is drawn in every line between.
            const parent = lines.findIndex(line => line.node.id === `n${node.parent}`)
            expect(lines[parent]?.lane).toBe(from)
            expect(lines.slice(parent + 1, at).every(between => between.passing.includes(from))).toBe(true)
        })
    }
})

test('a chain of a hundred thousand branch points is laid out', () => {
    const parents = Array.from({ length: 200_001 }, (_, number) => (number === 0 ? null : Math.floor((number - 1) / 2) * 2))
    expect(rails(outline(parents))).toHaveLength(200_001)
})
