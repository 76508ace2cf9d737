// Owns: reading values of a session that may be of any shape.
// Invariant: nothing throws; what is not of the asked type is absent.

export type Fields = Record<string, unknown>

/** An object, not a list. */
export function fields(value: unknown): Fields | undefined {
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

export function text(value: unknown): string | undefined {
    return typeof value === 'string' ? value : undefined
}

export function list(value: unknown): unknown[] {
    return Array.isArray(value) ? value : []
}

/** The first of these fields that is text. */
export function firstText(from: Fields | undefined, ...names: string[]): string | undefined {
    for (const name of names) {
        const found = text(from?.[name])
        if (found !== undefined) return found
    }
    return undefined
}

/** A string as its text, anything else as indented JSON. */
export function plain(value: unknown): string {
    return text(value) ?? JSON.stringify(value, null, 2) ?? ''
}

/** The object of a line; undefined if it is none. */
export function parse(line: string): Fields | undefined {
    try {
        return fields(JSON.parse(line))
    } catch {
        return undefined
    }
}
