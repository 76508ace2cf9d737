// Owns: texts of a session as they go to the page: cut, and harmless.
import { markdown } from '../../text/markdown'
import { brief, visible } from '../../text/plain'
import type { Block, Clipped } from '../../protocol'
import { plain } from './json'

/** The first `most` characters, as they may be shown. */
export function clip(whole: string, most: number, clean: (text: string) => string): Clipped {
    // Not through the middle of a pair.
    const pair = whole.length > most && (whole.charCodeAt(most) & 0xfc00) === 0xdc00
    return { text: clean(whole.slice(0, pair ? most - 1 : most)), total: whole.length }
}

export function prose(said: string, most: number): Block {
    const source = clip(said, most, visible)
    return { kind: 'prose', html: markdown(source.text), source }
}

export function data(name: string, value: unknown, most: number): Block {
    return { kind: 'data', name, text: clip(plain(value), most, visible) }
}

/** A remark of the texts that are there; none of none. */
export function note(texts: readonly (string | undefined)[], between = ''): Block[] {
    const said = texts.filter(text => text !== undefined && text !== '').join(between)
    return said === '' ? [] : [{ kind: 'note', text: brief(said, 2000) }]
}
