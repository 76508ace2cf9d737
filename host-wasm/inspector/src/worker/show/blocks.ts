// Owns: the content of a message as blocks, for pi's messages and for jcode's stored ones.
// Invariant: no content is refused; what is not known is shown by name, with its JSON. Only base64 of a raster format
// whose bytes agree becomes a picture.
import { brief, printed, visible } from '../../text/plain'
import { markdown } from '../../text/markdown'
import type { Block, Clipped } from '../../protocol'
import { type Fields, fields, firstText, list, plain, text } from './json'
import { picture } from './picture'

/** Characters that are shown of each text at first. */
export const SHOWN = 16 * 1024

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

/** Content is a text or a list of blocks. Texts of a tool's message are its output. */
export function content(value: unknown, tool: { id: string; failed: boolean } | null, most: number): Block[] {
    const said = (value: string): Block =>
        tool ? { kind: 'output', ...tool, text: clip(value, most, printed) } : prose(value, most)
    if (value === undefined || value === null) return []
    if (typeof value === 'string') return [said(value)]
    if (!Array.isArray(value)) return [data('content', value, most)]
    return value.flatMap(element => {
        const block = fields(element)
        return block ? one(block, said, tool?.id ?? '', most) : [data('content', element, most)]
    })
}

function one(block: Fields, said: (text: string) => Block, id: string, most: number): Block[] {
    const kind = text(block['type']) ?? 'block'
    switch (kind) {
        case 'text': {
            const words = text(block['text'])
            if (words !== undefined) return [said(words)]
            break
        }
        case 'thinking':
        case 'anthropic_thinking':
        case 'reasoning':
        case 'reasoning_trace':
        case 'open_a_i_reasoning': {
            const summary = list(block['summary']).map(plain).join('\n\n')
            const words = firstText(block, 'thinking', 'text') ?? summary
            return words ? [{ kind: 'thinking', text: clip(words, most, visible) }] : []
        }
        case 'toolCall':
        case 'tool_use':
            return [call(block, most)]
        case 'tool_result': {
            const tool = { id: text(block['tool_use_id']) ?? '', failed: block['is_error'] === true }
            return content(block['content'], tool, most)
        }
        case 'image': {
            const source = fields(block['source'])
            const encoded = text(block['data']) ?? text(source?.['data'])
            const mime = firstText(block, 'mimeType', 'media_type') ?? firstText(source, 'mimeType', 'media_type') ?? ''
            if (encoded !== undefined) return [{ kind: 'image', id, ...picture(mime, encoded) }]
        }
    }
    return [data(kind, block, most)]
}

/** Arguments that say best what a call does, for the folded line. */
const TELLING = ['command', 'cmd', 'path', 'file_path', 'filePath', 'pattern', 'query', 'url', 'description', 'prompt']

function call(block: Fields, most: number): Block {
    const given = block['arguments'] ?? block['input']
    const named = fields(given)
    const args = named ? Object.entries(named) : given === undefined ? [] : [['', given] as [string, unknown]]
    const telling = firstText(named, ...TELLING) ?? (args[0] ? plain(args[0][1]) : '')
    return {
        kind: 'call',
        id: text(block['id']) ?? '',
        tool: brief(text(block['name']) ?? 'tool', 60),
        brief: brief(telling, 160),
        args: args.map(([name, value]) => ({ name: brief(name, 60), value: clip(plain(value), most, printed) })),
    }
}
