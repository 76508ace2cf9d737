// Owns: the content of a message as blocks, for pi's messages and for jcode's stored ones.
// Invariant: no content is refused; what is not known is shown by name. Only base64 of a raster format whose bytes
// agree becomes a picture.
// If you change this, then change `cli/src/transcript/read/content.rs`, its counterpart, too; `tests/shown` is read by
// the tests of both.
import { brief, printed, visible } from '../../text/plain'
import type { Block } from '../../protocol'
import { changeOf } from './change'
import { clip, data, note, prose } from './clip'
import { fields, firstText, plain, text, type Fields } from './json'
import { picture } from './picture'
import { Reading, type Quiet } from './reading'

/** Characters that are shown of each text at first. */
export const SHOWN = 16 * 1024

/** Fields of blocks that only programs need. */
const QUIET: Quiet = {
    type: 'text',
    id: 'text',
    tool_use_id: 'text',
    textSignature: 'text',
    thinkingSignature: 'text',
    thoughtSignature: 'text',
    thought_signature: 'text',
    signature: 'text',
    encrypted_content: 'text',
    status: 'text',
    cache_control: 'object',
}

/** A tool's message: what it says is the tool's output. */
interface OfTool {
    /** The call that it answers. */
    id: string
    failed: boolean
}

/** Content is a text or a list of blocks. */
export function content(value: unknown, tool: OfTool | null, most: number): Block[] {
    const said = (value: string): Block =>
        tool ? { kind: 'output', answers: tool.id, failed: tool.failed, text: clip(value, most, printed) } : prose(value, most)
    if (value === undefined || value === null) return []
    if (typeof value === 'string') return [said(value)]
    if (!Array.isArray(value)) return [data('content', value, most)]
    return value.flatMap(element => {
        const block = fields(element)
        return block ? one(block, said, tool?.id ?? '', most) : [data('content', element, most)]
    })
}

function one(block: Fields, said: (text: string) => Block, answers: string, most: number): Block[] {
    const from = new Reading(block, most)
    const kind = text(block['type']) ?? ''
    if (kind === 'tool_result') {
        const tool = { id: from.text('tool_use_id') ?? '', failed: from.flag('is_error') === true }
        return [...content(from.any('content'), tool, most), ...from.rest(QUIET)]
    }
    const known = knownBlock(kind, from, said, answers, most)
    if (!known) return [data(kind || 'block', block, most)]
    const error = from.text('argumentsError')
    return [known, ...note([error && `arguments: ${error}`]), ...from.rest(QUIET)]
}

function knownBlock(kind: string, from: Reading, said: (text: string) => Block, answers: string, most: number): Block | undefined {
    switch (kind) {
        case 'text': {
            const words = from.text('text')
            return words === undefined ? undefined : said(words)
        }
        case 'thinking':
        case 'anthropic_thinking':
        case 'reasoning':
        case 'reasoning_trace': {
            const redacted = from.flag('redacted') === true
            const words = from.text('thinking') ?? from.text('text')
            if (words === undefined) return undefined
            return redacted && words.trim() === '' ? { kind: 'note', text: 'thinking redacted' } : { kind: 'thinking', text: clip(words, most, visible) }
        }
        case 'open_a_i_reasoning': {
            const summary = from.list('summary')
            return summary && { kind: 'thinking', text: clip(summary.map(plain).join('\n\n'), most, visible) }
        }
        case 'toolCall':
        case 'tool_use':
            return call(from, most)
        case 'image': {
            const source = from.object('source')
            const encoded = from.text('data') ?? text(source?.['data'])
            const mime = from.text('mimeType') ?? from.text('media_type') ?? firstText(source, 'mimeType', 'media_type') ?? ''
            return encoded === undefined ? undefined : { kind: 'image', answers, ...picture(mime, encoded) }
        }
    }
    return undefined
}

/** Arguments that say best what a call does, for the folded line. */
const TELLING = ['command', 'cmd', 'path', 'file_path', 'filePath', 'pattern', 'query', 'url', 'description', 'prompt']

/** A tool call; `outcome` says how it went, of one that is recorded with its end. */
export function call(from: Reading, most: number, outcome?: string): Block {
    const given = from.any('arguments') ?? from.any('input')
    const named = fields(given)
    const args = named ? Object.entries(named) : given === undefined ? [] : [['', given] as [string, unknown]]
    const telling = firstText(named, ...TELLING) ?? (args[0] ? plain(args[0][1]) : '')
    const block: Extract<Block, { kind: 'call' }> = {
        kind: 'call',
        id: outcome === undefined ? (from.text('id') ?? '') : '',
        tool: brief(from.text('name') ?? 'tool', 60),
        brief: brief(telling, 160),
        args: args.map(([name, value]) => ({ name: brief(name, 60), value: clip(plain(value), most, printed) })),
    }
    const change = changeOf(block.tool, named)
    if (change) block.change = change
    if (outcome !== undefined) block.outcome = brief(outcome, 600)
    return block
}
