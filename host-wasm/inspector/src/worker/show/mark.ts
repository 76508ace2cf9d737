// Owns: what an entry is in a few bits, without laying it out: for filters, and for the outline of prompts.
// Invariant: no line is refused.
import type { Entry } from '../../../../jcode_session_wasm'
import { IS, type Survey } from '../../protocol'
import { brief } from '../../text/plain'
import { fields, list, parse, text, type Fields } from './json'

/** Marks entries, the first of which has the number `first`. */
export function survey(entries: Entry[], first: number): Survey {
    const found: Survey = { is: [], tools: [], prompts: [] }
    entries.forEach((entry, number) => {
        const at = first + number
        const message = entry.kind === 'message' && entry.line !== null ? fields(parse(entry.line)?.['message']) : undefined
        const { is, tools, says } = message ? ofMessage(message) : { is: entry.kind.endsWith('_change') || QUIET.has(entry.kind) ? IS.change : IS.said, tools: [], says: '' }
        found.is.push(is)
        if (tools.length > 0) found.tools.push([at, tools])
        if (is & IS.prompt) found.prompts.push({ at, key: entry.key, says, ts: entry.ts })
    })
    return found
}

const QUIET = new Set(['label', 'session_info', 'usage', 'custom', 'context_edit'])

function ofMessage(message: Fields): { is: number; tools: string[]; says: string } {
    const role = text(message['role'])
    const content = message['content']
    const given = typeof content === 'string' ? [{ type: 'text', text: content }] : list(content)
    const blocks = given.map(fields).filter(block => block !== undefined)
    const has = (...kinds: string[]) => blocks.some(block => kinds.includes(text(block['type']) ?? ''))
    const calls = blocks.filter(block => block['type'] === 'toolCall' || block['type'] === 'tool_use')
    const tools = calls.map(call => brief(text(call['name']) ?? 'tool', 60))
    const says = blocks.map(block => (block['type'] === 'text' ? (text(block['text']) ?? '') : '')).find(said => said.trim() !== '') ?? ''
    const shownAs = text(message['display_role'])
    let is = tools.length > 0 ? IS.call : 0
    if (role === 'toolResult' || has('tool_result')) is |= IS.result
    if (role === 'bashExecution') return { is: IS.call | IS.result, tools: ['shell'], says: '' }
    if (role === 'user' && shownAs === undefined && (says !== '' || has('image')) && !has('tool_result')) is |= IS.prompt
    else if (role !== 'toolResult' && (says !== '' || !(is || has('thinking', 'reasoning')))) is |= IS.said
    return { is, tools: [...new Set(tools)], says: brief(says === '' ? 'a picture' : says, 140) }
}
