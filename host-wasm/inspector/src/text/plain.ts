// Owns: making text of a session harmless to look at: escape sequences of terminals go, characters that cannot be seen
// or that change the direction of text become visible marks.
// Invariant: the result holds no control character but line feed and tab, and no bidirectional control.

// CSI, OSC, DCS and the other sequences of ECMA-48, in their 7-bit and 8-bit forms; a string that is not ended goes
// to the end of its line.
const ESCAPES =
    // eslint-disable-next-line no-control-regex
    /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]/g

const UNSEEN =
    // eslint-disable-next-line no-control-regex
    /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g

/** What stands for a character that is not shown as itself. */
function mark(character: string): string {
    const code = character.codePointAt(0) ?? 0
    if (code === 0x7f) return '\u2421'
    if (code < 0x20) return String.fromCharCode(0x2400 + code)
    return `\u27e8U+${code.toString(16).toUpperCase().padStart(4, '0')}\u27e9`
}

/** Text as it may be shown, anywhere. */
export function visible(text: string): string {
    return text.replace(/\r\n|[\u2028\u2029]/g, '\n').replace(UNSEEN, mark)
}

/** What a program printed: as [`visible`], without the colours and movements of a terminal. */
export function printed(text: string): string {
    return visible(text.replace(ESCAPES, ''))
}

/** The first line that says something, cut to `most` characters: for one line in a list. */
export function brief(text: string, most: number): string {
    const start = text.slice(0, most * 6).trim()
    const line = printed(start).replace(/\s+/g, ' ')
    const characters = Array.from(line)
    return characters.length > most || text.length > most * 6 ? characters.slice(0, most - 1).join('') + '…' : line
}
