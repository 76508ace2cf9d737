// Owns: entries as rows of the transcript: pages of them, one, a line about one, and more of a text that was cut.
// If you change what is shown of an entry, then change `cli/src/transcript/read`, the counterpart of this folder, too;
// `tests/shown` is read by the tests of both.
import type { Entry } from '../../../../jcode_session_wasm'
import type { Block, Clipped, Row } from '../../protocol'
import { brief } from '../../text/plain'
import { SHOWN } from './blocks'
import { show } from './entry'
import { answersEarlier, asksLater, pair, REACH } from './pair'

/** Longer lines are not read as messages: they are shown as they stand, piece by piece. */
export const MOST_READ = 8 * 1024 * 1024

export function row(entry: Entry): Row {
    return show(entry, SHOWN)
}

/** `count` rows from number `first` on, of the entries that `read` gives by number. */
export function rows(read: (first: number, count: number) => Entry[], first: number, count: number): Row[] {
    const page = read(first, count).map(row)
    const before = answersEarlier(page) && first > 0 ? read(first - REACH, REACH).map(row) : []
    const after = asksLater(page) ? read(first + page.length, REACH).map(row) : []
    pair([...before, ...page, ...after])
    return page
}

/** The rows with these numbers, in rising order. */
export function rowsAt(read: (first: number, count: number) => Entry[], at: number[]): Row[] {
    const out: Row[] = []
    for (let start = 0; start < at.length; ) {
        let end = start + 1
        while (end < at.length && at[end]! - at[end - 1]! === 1) end += 1
        out.push(...rows(read, at[start]!, end - start))
        start = end
    }
    return out
}

/** What an entry says, on one line. */
export function briefOf(row: Row): string {
    for (const block of row.blocks) {
        switch (block.kind) {
            case 'prose':
            case 'thinking': {
                const words = brief(block.kind === 'prose' ? block.source.text : block.text.text, 140)
                if (words) return words
                break
            }
            case 'call':
                return `${block.tool} ${block.brief}`
            case 'note':
                return `${row.name} ${block.text}`
            case 'output':
            case 'data':
                return brief(block.text.text, 140)
            case 'part':
                return brief(`${block.what} ${block.name} ${block.text.text}`, 140)
            case 'fields': {
                const [first] = block.fields
                return brief(first ? `${first.name}: ${first.value.text}` : block.of, 140)
            }
        }
    }
    return row.name
}

/** At most `most` characters of the text at a place: the number of a block, then of an argument. */
export function more(entry: Entry, at: number[], most: number): Clipped {
    const [number = 0, argument = 0] = at
    const block: Block | undefined = show(entry, most).blocks[number]
    switch (block?.kind) {
        case 'prose':
            return block.source
        case 'fields':
            return block.fields[argument]?.value ?? { text: '', total: 0 }
        case 'call':
            return block.args[argument]?.value ?? block.output?.parts.map(textOf)[0] ?? { text: '', total: 0 }
        default:
            return block ? textOf(block) : { text: '', total: 0 }
    }
}

function textOf(block: Block): Clipped {
    return 'text' in block && typeof block.text === 'object' ? block.text : { text: '', total: 0 }
}
