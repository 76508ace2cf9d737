// Owns: putting what a tool printed into the call that asked for it.
// Invariant: what is paired depends on the entries alone, not on which page of them is asked for: a result is paired if
// its call stands at most `REACH` entries before it.
import type { Block, Row } from '../../protocol'

/** How far a result may stand from its call. */
export const REACH = 12

type Call = Extract<Block, { kind: 'call' }>

/** Pairs results with calls; rows that are shown within others say so. */
export function pair(rows: Row[]): void {
    const calls = new Map<string, { call: Call; row: Row; at: number }>()
    rows.forEach((row, at) => {
        const rest: Block[] = []
        let host: Row | undefined
        for (const block of row.blocks) {
            if (block.kind === 'call' && block.id !== '') calls.set(block.id, { call: block, row, at })
            const asked = block.answers ? calls.get(block.answers) : undefined
            if (!asked || asked.row === row || at - asked.at > REACH) {
                rest.push(block)
                continue
            }
            host = asked.row
            const failed = block.kind === 'output' && block.failed
            asked.call.output ??= { key: row.key, failed, parts: [] }
            asked.call.output.parts.push(block)
            asked.call.output.failed ||= failed
        }
        row.blocks = rest
        if (host && rest.length === 0) row.within = host.key
    })
}

/** Results that stand first may belong to calls before. */
export function answersEarlier(rows: Row[]): boolean {
    return rows.slice(0, REACH).some(row => row.voice === 'tool')
}

/** Calls at the end may be answered behind. */
export function asksLater(rows: Row[]): boolean {
    return rows.slice(-REACH).some(row => row.blocks.some(block => block.kind === 'call'))
}
