// Owns: what a system message changes, sections of the prompt and tools, by name.
// Invariant: what is removed is said to be.
// If you change this, then change `cli/src/transcript/read/prompt.rs`, its counterpart, too; `tests/shown` is read by
// the tests of both.
import { brief, printed } from '../../text/plain'
import type { Block } from '../../protocol'
import { clip, note } from './clip'
import { fields, plain } from './json'
import { Reading } from './reading'

/** The sections and tools of a system message. */
export function prompt(from: Reading, most: number): Block[] {
    const sections = Object.entries(from.object('sections') ?? {}).flatMap(([name, text]) =>
        text === null ? note([`section removed: ${name}`]) : [part('section', name, plain(text), most)],
    )
    const added = (from.list('toolsAdded') ?? []).map(tool => addedTool(tool, most))
    const removed = (from.list('toolsRemoved') ?? []).flatMap(tool => removedTool(tool, most))
    return [...sections, ...added, ...removed]
}

function part(what: 'section' | 'tool added', name: string, text: string, most: number): Block {
    return { kind: 'part', what, name: brief(name, 120), text: clip(text, most, printed) }
}

/** A tool with all that is declared of it. */
function addedTool(value: unknown, most: number): Block {
    const tool = fields(value)
    if (!tool) return part('tool added', plain(value), '', most)
    const from = new Reading(tool, most)
    const name = from.text('name') ?? ''
    const texts = [from.text('description') ?? '']
    for (const block of from.rest({})) {
        if (block.kind === 'fields') texts.push(...block.fields.map(({ name, value }) => `${name}: ${value.text}`))
    }
    return part('tool added', name, texts.filter(Boolean).join('\n\n'), most)
}

/** A tool by its name, or by an object that has its name. */
function removedTool(value: unknown, most: number): Block[] {
    const tool = fields(value)
    if (!tool) return note([`tool removed: ${plain(value)}`])
    const from = new Reading(tool, most)
    return [...note([`tool removed: ${from.text('name') ?? ''}`]), ...from.rest({})]
}
