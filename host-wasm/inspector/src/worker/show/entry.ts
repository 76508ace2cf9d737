// Owns: from the line of an entry to the row that the transcript shows.
// Invariant: no line is refused, and none gives a row without blocks; what is not known is shown by name.
// Does not: look at other entries (`pair` does).
// If you change this, then change `cli/src/transcript/read.rs`, its counterpart, too; `tests/shown` is read by the tests
// of both.
import type { Entry } from '../../../../jcode_session_wasm'
import type { Block, Row, Voice } from '../../protocol'
import { brief } from '../../text/plain'
import { content } from './blocks'
import { data, note, prose } from './clip'
import { parse, plain, type Fields } from './json'
import { said, type Shown } from './message'
import { prompt } from './prompt'
import { Reading, settled, type Quiet } from './reading'
import { usage } from './usage'

/** Fields of entries that only programs need. */
const QUIET: Quiet = {
    type: 'text',
    id: 'text',
    parentId: 'text',
    parent_id: 'text',
    timestamp: ['text', 'number'],
    v1: 'flag',
    batch: 'number',
    source: 'list',
    display: 'flag',
    fromHook: 'flag',
    firstKeptEntryId: 'text',
    fromId: 'text',
}

/** Fields that every entry has. */
const OWN = ['type', 'id', 'parentId', 'parent_id', 'timestamp']

/** The row of an entry, with at most `most` characters of each text. */
export function show(entry: Entry, most: number): Row {
    const { key, seq, parent_id: parent, kind, ts: at, offset, len } = entry
    const place = { key, seq, parent, kind, at, offset, len }
    if (entry.line === null) return { ...place, voice: 'data', name: brief(kind, 60), detail: '', blocks: [], huge: true }
    const whole = parse(entry.line)
    if (!whole) return { ...place, voice: 'data', name: 'unreadable', detail: '', blocks: [data('line', entry.line, most)] }
    const shown = shownOf(kind, whole, most)
    shown.blocks.forEach((block, at) => (block.at = at))
    return { ...place, ...shown, name: brief(shown.name, 60), detail: brief(shown.detail, 80) }
}

function shownOf(kind: string, whole: Fields, most: number): Shown {
    const from = new Reading(whole, most)
    const message = kind === 'message' ? from.object('message') : undefined
    const shown = message ? said(message, most) : noted(kind, from, most)
    if (!shown) return { voice: 'data', name: kind, detail: '', blocks: [data('entry', plain(whole), most)] }
    shown.blocks = settled([...shown.blocks, ...from.rest(QUIET)], from, OWN)
    return shown
}

/** Any entry but a message; undefined for one of a kind that is not known. */
function noted(kind: string, from: Reading, most: number): Shown | undefined {
    const shown = (voice: Voice, blocks: Block[], detail = ''): Shown => ({ voice, name: kind, detail, blocks })
    const change = (...blocks: Block[]) => shown('change', blocks)
    switch (kind) {
        case 'custom_message': {
            const detail = from.text('customType')
            return shown('system', [...content(from.any('content'), null, most), ...from.named('details')], detail)
        }
        case 'compaction':
        case 'branch_summary':
            return shown('summary', summary(from, most))
        case 'model_change':
            return change(...note([from.text('provider'), from.text('modelId')], ' '))
        case 'thinking_level_change':
            return change(...note([from.text('thinkingLevel')]))
        case 'session_info':
            return change(...note([from.text('name') ?? 'name removed']))
        case 'label':
            return change(...note([from.text('targetId'), from.text('label') ?? 'label removed'], ': '))
        case 'usage': {
            const model = note([from.text('provider'), from.text('model')], ' ')
            return change(...note([from.text('kind')]), ...model, ...usage(from, most), ...note([from.text('note')]))
        }
        case 'context_edit':
            return change(...edit(from, most))
        case 'custom': {
            const detail = from.text('customType')
            const value = from.any('data')
            return shown('data', value === undefined ? [] : [data(detail ?? 'data', value, most)], detail)
        }
        default:
            return undefined
    }
}

/** A change of what an earlier entry says. */
function edit(from: Reading, most: number): Block[] {
    const leftOut = from.isNull('replacement')
    const replacement = from.object('replacement')
    if (!leftOut && !replacement) return []
    const target = from.text('targetId') ?? ''
    if (!replacement) return note([`${target}: left out of the context`])
    const instead = new Reading(replacement, most)
    const said = content(instead.any('content'), null, most)
    return [...note([`${target}: replaced`]), ...said, ...instead.rest({})]
}

/** What stands in the place of earlier entries. */
function summary(from: Reading, most: number): Block[] {
    const said = from.text('summary')
    const tokens = from.number('tokensBefore')
    const blocks = [
        ...(said === undefined ? [] : [prose(said, most)]),
        ...note([tokens === undefined ? undefined : `${tokens} tokens before`]),
        ...usage(from, most),
        ...from.named('details'),
    ]
    const object = from.object('systemMessage')
    if (!object) return blocks
    const system = new Reading(object, most)
    system.text('role')
    return [...blocks, ...content(system.any('content'), null, most), ...prompt(system, most), ...system.rest(QUIET)]
}
