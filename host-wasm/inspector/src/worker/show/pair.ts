// Owns: putting what a tool printed into the call that asked for it.
// Invariant: what is paired depends on the entries alone, not on which page of them is asked for: a result is paired if
// its call stands at most `REACH` entries before it.
import type { Block, Row } from '../../protocol'
import { languageOf } from '../../text/language'
import { highlight } from '../../text/markdown'

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
            asked.call.output.parts.push(coloured(block, asked.call))
            asked.call.output.failed ||= failed
        }
        row.blocks = rest
        if (host && rest.length === 0) row.within = host.key
    })
}

/** What was read of a file in a known language, highlighted. */
function coloured(block: Block, { tool, args }: Call): Block {
    if (block.kind !== 'output' || block.failed || !/read|view|cat|open_file/i.test(tool)) return block
    const path = args.find(({ name }) => /^(path|file_?path|file|filename)$/i.test(name))?.value.text
    const language = languageOf(path ?? '')
    return language === '' ? block : { ...block, html: highlight(block.text.text, language) }
}

/** Results that stand first may belong to calls before. */
export function answersEarlier(rows: Row[]): boolean {
    return rows.slice(0, REACH).some(row => row.voice === 'tool')
}

/** Calls at the end may be answered behind. */
export function asksLater(rows: Row[]): boolean {
    return rows.slice(-REACH).some(row => row.blocks.some(block => block.kind === 'call'))
}
