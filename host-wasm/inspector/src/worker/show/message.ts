// Owns: what of each role of a message is shown, for pi's messages and for jcode's stored ones.
// Invariant: a message that holds anything but its role is no empty one: what is not known is shown by name.
// If you change this, then change `cli/src/transcript/read/message.rs`, its counterpart, too; `tests/shown` is read by
// the tests of both.
import type { Block, Voice } from '../../protocol'
import { brief, visible } from '../../text/plain'
import { call, content } from './blocks'
import { clip, data, note, prose } from './clip'
import { fields, type Fields } from './json'
import { prompt } from './prompt'
import { Reading, settled, type Quiet } from './reading'
import { usage } from './usage'

/** What is shown of an entry. */
export interface Shown {
    voice: Voice
    name: string
    detail: string
    blocks: Block[]
}

/** Fields of messages that only programs need. */
const QUIET: Quiet = {
    role: 'text',
    timestamp: ['number', 'text'],
    id: 'text',
    api: 'text',
    provider: 'text',
    responseModel: 'text',
    responseId: 'text',
    thinkingLevel: 'text',
    providerThinkingLevel: 'text',
    stopReason: 'text',
    rawStopReason: 'text',
    endTurn: 'flag',
    usage: 'object',
    token_usage: 'object',
    durationMs: 'number',
    tool_duration_ms: 'number',
    toolCallId: 'text',
    display: 'flag',
    fromId: 'text',
}

/** A message of the conversation. */
export function said(message: Fields, most: number): Shown {
    const from = new Reading(message, most)
    const role = from.text('role') ?? 'message'
    const detail = from.text(DETAILS.get(role) ?? 'model') ?? ''
    const tool = { id: from.text('toolCallId') ?? '', failed: from.flag('isError') === true }
    const blocks = content(from.any('content'), role === 'toolResult' ? tool : null, most)
    const shown: Shown = { voice: VOICES.get(role) ?? 'system', name: role, detail, blocks }
    if (role === 'toolResult') blocks.push(...nestedCalls(from, most), ...usage(from, most))
    if (role === 'bashExecution') blocks.push(...shell(from, most))
    if (role === 'branchSummary' || role === 'compactionSummary') blocks.push(prose(from.text('summary') ?? '', most))
    if (role === 'system') blocks.push(...prompt(from, most))
    // jcode stores what its tools print, and what it says itself, as messages of the user.
    const shownAs = from.text('display_role')
    if (shownAs !== undefined) Object.assign(shown, { voice: 'system', name: shownAs })
    else if (shown.voice === 'user' && onlyPrinted(blocks)) Object.assign(shown, { voice: 'tool', name: 'tool' })
    blocks.push(...from.named('details'), ...stop(from), ...from.named('deferred'), ...from.rest(QUIET))
    shown.blocks = settled(blocks, from, ['role', 'content'])
    // All that a tool's message holds belongs to the call that it answers.
    if (role === 'toolResult') for (const block of shown.blocks) block.answers = tool.id
    return shown
}

/** The field that stands beside the role's name. */
const DETAILS = new Map([
    ['toolResult', 'toolName'],
    ['custom', 'customType'],
    ['hookMessage', 'customType'],
])

const VOICES = new Map<string, Voice>([
    ['user', 'user'],
    ['assistant', 'assistant'],
    ['toolResult', 'tool'],
    ['bashExecution', 'tool'],
    ['branchSummary', 'summary'],
    ['compactionSummary', 'summary'],
])

function onlyPrinted(blocks: Block[]): boolean {
    const output = blocks.some(block => block.kind === 'output')
    return output && blocks.every(block => block.kind === 'output' || (block.kind === 'image' && block.answers !== ''))
}

/** A command that the person ran. */
function shell(from: Reading, most: number): Block[] {
    const command = from.text('command')
    const cancelled = from.flag('cancelled') === true
    const exit = from.number('exitCode')
    const failed = cancelled || (exit !== undefined && exit !== 0)
    const printed = from.text('output')
    const parts = content(printed, { id: '', failed }, most)
    const path = from.text('fullOutputPath')
    parts.push(
        ...note([exit ? `exit code ${exit}` : undefined]),
        ...note([cancelled ? 'cancelled' : undefined]),
        ...note([from.flag('truncated') === true ? 'output cut' : undefined]),
        ...note([path && `all of the output: ${path}`]),
        ...note([from.flag('excludeFromContext') === true ? 'kept out of the context' : undefined]),
    )
    const args = command === undefined ? [] : [{ name: 'command', value: clip(command, most, visible) }]
    return [{ kind: 'call', id: '', tool: 'shell', brief: brief(command ?? '', 160), args, output: { key: '', failed, parts } }]
}

/** Calls that a tool made while it ran. */
function nestedCalls(from: Reading, most: number): Block[] {
    const object = from.object('nestedCalls')
    if (!object) return []
    const nested = new Reading(object, most)
    const blocks = (nested.list('calls') ?? []).flatMap(value => {
        const record = fields(value)
        if (!record) return [data('nested call', value, most)]
        const one = new Reading(record, most)
        const took = one.number('durationMs')
        const leftOut = one.number('argumentsBytes')
        const error = one.text('error')
        const outcome = [
            `nested, ${one.text('status') ?? ''}`,
            took === undefined ? '' : `, ${took} ms`,
            leftOut === undefined ? '' : `, ${leftOut} bytes of arguments left out`,
            error === undefined ? '' : `: ${error}`,
        ]
        return [call(one, most, outcome.join('')), ...one.rest({ id: 'text' })]
    })
    if (nested.flag('complete') === false) blocks.push(...note(['not all nested calls are recorded in full']))
    return [...blocks, ...nested.rest({})]
}

/** Why an answer ended, where that is not how answers end. */
function stop(from: Reading): Block[] {
    const given = from.text('stopReason')
    const reason = given === 'stop' || given === 'toolUse' ? undefined : given
    const rawReason = from.text('rawStopReason')
    const raw = reason === undefined || rawReason === undefined ? '' : ` (${rawReason})`
    const error = from.text('errorMessage')
    if (error !== undefined) return note([`${reason ?? 'error'}${raw}: ${error}`])
    return reason === undefined ? [] : note([`stopped: ${reason}${raw}`])
}
