// Owns: the raw line of an entry, as highlighted text.
import type { RawPiece } from '../protocol'
import { highlight } from '../text/markdown'
import { visible } from '../text/plain'

/** A piece of a line as it stands; bytes that are not UTF-8 show as U+FFFD. */
export function rawPiece(bytes: Uint8Array, from: number): RawPiece {
    return { from, length: bytes.length, html: highlight(visible(new TextDecoder().decode(bytes)), 'json') }
}

/** The line as indented JSON; null if it is none, or was too long to be given. */
export function prettyLine(line: string | null): string | null {
    if (line === null) return null
    try {
        return highlight(visible(JSON.stringify(JSON.parse(line), null, 2)), 'json')
    } catch {
        return null
    }
}
