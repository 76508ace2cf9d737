// Owns: from the line of an entry to the row that the transcript shows.
// Invariant: no line is refused; what is not known is shown by name, with its JSON.
// Does not: look at other entries (`pair` does).
import type { Entry } from '../../../../jcode_session_wasm'
import type { Block, Row, Voice } from '../../protocol'
import { brief, visible } from '../../text/plain'
import { clip, content, data, prose } from './blocks'
import { type Fields, fields, firstText, parse, plain, text } from './json'

type Shown = Pick<Row, 'voice' | 'name' | 'detail' | 'blocks'>

/** The row of an entry, with at most `most` characters of each text. */
export function show(entry: Entry, most: number): Row {
    const { key, seq, parent_id: parent, kind, ts: at, offset, len } = entry
    const place = { key, seq, parent, kind, at, offset, len }
    if (entry.line === null) return { ...place, ...unread(kind), huge: true }
    const whole = parse(entry.line)
    if (!whole) return { ...place, voice: 'data', name: 'unreadable', detail: '', blocks: [data('line', entry.line, most)] }
    const message = kind === 'message' ? fields(whole['message']) : undefined
    const shown = message ? said(message, most) : noted(kind, whole, most)
    shown.blocks.forEach((block, at) => (block.at = at))
    return { ...place, ...shown, name: brief(shown.name, 60), detail: brief(shown.detail, 80) }
}

function unread(kind: string): Shown {
    return { voice: 'data', name: brief(kind, 60), detail: '', blocks: [] }
}

/** A message of the conversation. */
function said(message: Fields, most: number): Shown {
    const role = text(message['role']) ?? 'message'
    const tool = { id: text(message['toolCallId']) ?? '', failed: message['isError'] === true }
    const blocks = content(message['content'], role === 'toolResult' ? tool : null, most)
    const shown: Shown = { voice: voiceOf(role), name: role, detail: text(message['model']) ?? '', blocks }
    if (role === 'toolResult') shown.detail = text(message['toolName']) ?? ''
    if (role === 'custom' || role === 'hookMessage') shown.detail = text(message['customType']) ?? ''
    if (role === 'bashExecution') blocks.push(...shell(message, most))
    if (role === 'branchSummary' || role === 'compactionSummary') {
        blocks.push(prose(text(message['summary']) ?? '', most))
    }
    // jcode stores what its tools print, and what it says itself, as messages of the user.
    const shownAs = text(message['display_role'])
    if (shownAs !== undefined) Object.assign(shown, { voice: 'system', name: shownAs })
    else if (shown.voice === 'user' && onlyPrinted(blocks)) Object.assign(shown, { voice: 'tool', name: 'tool' })
    const error = text(message['errorMessage'])
    if (error !== undefined) blocks.push({ kind: 'note', text: `error: ${brief(error, 2000)}` })
    return shown
}

function voiceOf(role: string): Voice {
    switch (role) {
        case 'user':
        case 'assistant':
            return role
        case 'toolResult':
        case 'bashExecution':
            return 'tool'
        case 'branchSummary':
        case 'compactionSummary':
            return 'summary'
        default:
            return 'system'
    }
}

function onlyPrinted(blocks: Block[]): boolean {
    const output = blocks.some(block => block.kind === 'output')
    return output && blocks.every(block => block.kind === 'output' || (block.kind === 'image' && block.id !== ''))
}

/** A command that the person ran. */
function shell(message: Fields, most: number): Block[] {
    const command = text(message['command']) ?? ''
    const exit = message['exitCode']
    const failed = (typeof exit === 'number' && exit !== 0) || message['cancelled'] === true
    const args = [{ name: 'command', value: clip(command, most, visible) }]
    const parts: Block[] = content(message['output'], { id: '', failed }, most)
    if (failed && typeof exit === 'number') parts.push({ kind: 'note', text: `exit code ${exit}` })
    return [{ kind: 'call', id: '', tool: 'shell', brief: brief(command, 160), args, output: { key: '', failed, parts } }]
}

/** Any other entry. */
function noted(kind: string, entry: Fields, most: number): Shown {
    const shown = (voice: Voice, detail: string, blocks: Block[]): Shown => ({ voice, name: kind, detail, blocks })
    const change = (words: string) => shown('change', '', [{ kind: 'note', text: brief(words.trim(), 300) }])
    const string = (name: string) => text(entry[name]) ?? ''
    switch (kind) {
        case 'custom_message':
            return shown('system', string('customType'), content(entry['content'], null, most))
        case 'compaction':
        case 'branch_summary':
            return shown('summary', '', [prose(string('summary'), most)])
        case 'model_change':
            return change(`${string('provider')} ${string('modelId')}`)
        case 'thinking_level_change':
            return change(string('thinkingLevel'))
        case 'session_info':
            return change(string('name'))
        case 'label': {
            const label = text(entry['label'])
            return change(label === undefined ? `${string('targetId')}: removed` : `${label} → ${string('targetId')}`)
        }
        case 'custom': {
            const name = firstText(entry, 'customType') ?? 'data'
            const value = entry['data']
            return shown('data', name, value === undefined ? [] : [data('data', value, most)])
        }
        default:
            return shown('data', '', [data('entry', plain(entry), most)])
    }
}
