// Owns: what the name of a file in a sessions folder means.
// Invariant: a name alone decides; what a file holds is for whoever opens it.
// If you change this, then change `core/src/parts.rs`, which says the same of files on a disk;
// `tests/part-names.json` holds both to it.

export type Part =
    | 'log'
    | 'packed'
    | 'snapshot'
    | 'journal'
    | 'backup'
    | 'set-aside'
    | 'sidecar'
    | 'sidecar-journal'
    | 'lock'
    | 'own-temporary'
    | 'temporary'
    | 'other'

const isId = (text: string) => /^[\w-][\w.-]{0,199}$/.test(text)

/** What a file of this name, without folders, is to a session. */
export function partOf(name: string): Part {
    if (/^\.jcode-session-.*\.tmp$/.test(name)) return 'own-temporary'
    if (/\.tmp(\.|$)/.test(name)) return 'temporary'
    const dot = name.lastIndexOf('.')
    if (dot < 1) return 'other'
    const stem = name.slice(0, dot)
    const extension = name.slice(dot + 1)
    const setAside = /\.pre-wipe|\.(corrupt|bak)$/.test(stem)
    switch (extension) {
        case 'jsonl':
            if (stem.endsWith('.journal')) return 'journal'
            if (setAside) return 'set-aside'
            return name.startsWith('.') ? 'other' : 'log'
        case 'bak':
            return setAside ? 'set-aside' : 'backup'
        case 'json':
            return isId(stem) && !stem.includes('.tmp') && !stem.endsWith('.bak') ? 'snapshot' : 'other'
        case 'zst':
            return stem.endsWith('.jsonl') && partOf(stem) === 'log' ? 'packed' : 'other'
        case 'sqlite3':
            return 'sidecar'
        case 'lock':
            return 'lock'
        default:
            return /^sqlite3-(wal|shm|journal)$/.test(extension) ? 'sidecar-journal' : 'other'
    }
}
