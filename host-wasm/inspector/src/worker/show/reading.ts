// Owns: an object of a session that is read field by field, and how fields that nobody has read are shown: by name.
// Invariant: a field counts as read only if it was of the asked type; what is of another type is left, and shown.
// Does not: know any field's meaning.
// If you change this, then change `cli/src/transcript/read/reading.rs`, its counterpart, too; `tests/shown` is read by
// the tests of both.
import { brief, printed } from '../../text/plain'
import type { Block } from '../../protocol'
import { clip, data } from './clip'
import { fields, plain, text, type Fields } from './json'

/** A type of values. */
export type Shape = 'text' | 'number' | 'flag' | 'list' | 'object'

/** Fields that only programs need, and what they hold. */
export type Quiet = Record<string, Shape | readonly Shape[]>

function shapeOf(value: unknown): Shape | undefined {
    switch (typeof value) {
        case 'string':
            return 'text'
        case 'number':
            return 'number'
        case 'boolean':
            return 'flag'
        case 'object':
            return value === null ? undefined : Array.isArray(value) ? 'list' : 'object'
        default:
            return undefined
    }
}

/** As `plain`, with short lists and objects on one line. */
function line(value: unknown): string {
    const json = text(value) ?? JSON.stringify(value) ?? ''
    return json.length <= 100 ? json : plain(value)
}

function isEmpty(value: unknown): boolean {
    if (value === null || value === undefined || value === '') return true
    return typeof value === 'object' && Object.keys(value).length === 0
}

export class Reading {
    readonly #object: Fields
    readonly #most: number
    readonly #read = new Set<string>()

    constructor(object: Fields, most: number) {
        this.#object = object
        this.#most = most
    }

    #value(name: string): unknown {
        return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined
    }

    /** A field of any type; null is no value. */
    any(name: string): unknown {
        this.#read.add(name)
        return this.#value(name) ?? undefined
    }

    #ofShape(name: string, shape: Shape): unknown {
        const value = this.#value(name)
        if (shapeOf(value) !== shape) return undefined
        this.#read.add(name)
        return value
    }

    text(name: string): string | undefined {
        return text(this.#ofShape(name, 'text'))
    }

    number(name: string): number | undefined {
        return this.#ofShape(name, 'number') as number | undefined
    }

    flag(name: string): boolean | undefined {
        return this.#ofShape(name, 'flag') as boolean | undefined
    }

    object(name: string): Fields | undefined {
        return fields(this.#ofShape(name, 'object'))
    }

    list(name: string): unknown[] | undefined {
        return this.#ofShape(name, 'list') as unknown[] | undefined
    }

    isNull(name: string): boolean {
        return this.#value(name) === null
    }

    /** A field of any type under its own name. */
    named(name: string): Block[] {
        const value = this.any(name)
        if (isEmpty(value)) return []
        const object = fields(value)
        return [object ? { kind: 'fields', of: name, fields: this.#shown(object, () => true) } : data(name, value, this.#most)]
    }

    /** What was not read, but for the quiet fields. */
    rest(quiet: Quiet): Block[] {
        const isQuiet = (name: string, value: unknown) => {
            const shape = shapeOf(value)
            return shape !== undefined && Object.hasOwn(quiet, name) && [quiet[name]].flat().includes(shape)
        }
        return this.#block((name, value) => !this.#read.has(name) && !isQuiet(name, value))
    }

    /** All fields but these, read or not. */
    allBut(names: readonly string[]): Block[] {
        return this.#block(name => !names.includes(name))
    }

    #block(wanted: (name: string, value: unknown) => boolean): Block[] {
        const shown = this.#shown(this.#object, wanted)
        return shown.length > 0 ? [{ kind: 'fields', of: '', fields: shown }] : []
    }

    #shown(object: Fields, wanted: (name: string, value: unknown) => boolean) {
        return Object.entries(object)
            .filter(([name, value]) => !isEmpty(value) && wanted(name, value))
            .map(([name, value]) => ({ name: brief(name, 60), value: clip(line(value), this.#most, printed) }))
    }
}

/** Takes out blocks that hold nothing; where none is left, all fields but these are shown. */
export function settled(blocks: Block[], from: Reading, but: readonly string[]): Block[] {
    const kept = blocks.filter(block => !isBlank(block))
    if (kept.length > 0) return kept
    const rest = from.allBut(but)
    return rest.length > 0 ? rest : [{ kind: 'note', text: 'empty' }]
}

function isBlank(block: Block): boolean {
    switch (block.kind) {
        case 'prose':
            return block.source.text.trim() === ''
        case 'thinking':
        case 'data':
            return block.text.text.trim() === ''
        case 'note':
            return block.text.trim() === ''
        case 'fields':
            return block.fields.length === 0
        default:
            return false
    }
}
