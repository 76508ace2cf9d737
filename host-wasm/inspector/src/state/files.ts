// Owns: which of the chosen files make up a session.
// Invariant: every file that may be a session is offered; names decide what belongs together, never what it is.
import type { SessionFiles, Summary } from '../protocol'
import { type Part, partOf } from './parts'

/** A file with its path below the folder that was chosen, or its name. */
export interface Chosen {
    path: string
    file: File
}

/** A session among the chosen files. */
export interface Candidate {
    /** Its files, or where the server of this page lists them. */
    files: SessionFiles | { list: string }
    path: string
    bytes: number
    modified: number
    /** What it is made of, in words. */
    parts: string[]
    /** What is known of it without opening it. */
    known?: Summary
}

/** What lies beside a session and is never one. */
const BESIDE: ReadonlySet<Part> = new Set(['sidecar', 'sidecar-journal', 'lock', 'journal', 'backup'])
const partAt = (path: string) => partOf(path.slice(path.lastIndexOf('/') + 1))
const cut = (path: string, ending: string) => path.slice(0, path.length - ending.length)

/** The sessions among these files, newest first. */
export function sessionsOf(chosen: Chosen[]): Candidate[] {
    const byPath = new Map(chosen.map(({ path, file }) => [path, file]))
    const at = (path: string) => byPath.get(path)
    const found: Candidate[] = []
    for (const { path, file } of chosen) {
        const inStore = /\.store\//.test(path)
        if (inStore) continue
        const part = partAt(path)
        if (part === 'log') found.push(log(path, file, chosen, at))
        else if (part === 'snapshot' && !at(`${cut(path, '.json')}.jsonl`)) found.push(v1(path, at))
    }
    // A lone file of another name was chosen for a reason.
    if (found.length === 0) {
        const lone = chosen.filter(({ path }) => !/\.store\//.test(path) && !BESIDE.has(partAt(path)))
        found.push(...lone.map(({ path, file }) => (path.endsWith('.json') ? v1(path, at) : log(path, file, chosen, at))))
    }
    return found.sort((a, b) => b.modified - a.modified || (a.path < b.path ? -1 : 1))
}

type At = (path: string) => File | undefined

function log(path: string, file: File, chosen: Chosen[], at: At): Candidate {
    const stem = cut(path, path.endsWith('.jsonl') ? '.jsonl' : '')
    const files: SessionFiles = { name: path, log: file, modified: file.lastModified }
    const parts = ['log']
    const lone = chosen.filter(({ path }) => path.endsWith('.sqlite3'))
    // One log and one sidecar that were chosen together belong together, whatever their names.
    const sidecar = at(`${stem}.sqlite3`) ?? (chosen.length === 2 && lone.length === 1 ? lone[0]?.file : undefined)
    if (sidecar) {
        files.sidecar = sidecar
        parts.push('sidecar')
    }
    const store = `${stem}.store/`
    const stored = chosen.filter(({ path }) => path.startsWith(store))
    if (stored.length > 0) {
        files.store = Object.fromEntries(stored.map(({ path, file }) => [path.slice(store.length), file]))
        parts.push('store')
    }
    const v1 = v1Files(stem, at)
    if (v1.snapshot) {
        files.v1 = v1
        parts.push('v1 files')
    }
    return { files, path, bytes: file.size, modified: file.lastModified, parts }
}

function v1Files(stem: string, at: At): NonNullable<SessionFiles['v1']> {
    const files: NonNullable<SessionFiles['v1']> = {}
    const [snapshot, journal, backup] = [at(`${stem}.json`), at(`${stem}.journal.jsonl`), at(`${stem}.bak`)]
    if (snapshot) files.snapshot = snapshot
    if (journal) files.journal = journal
    if (backup) files.backup = backup
    return files
}

function v1(path: string, at: At): Candidate {
    const files = v1Files(cut(path, '.json'), at)
    const all = [files.snapshot, files.journal, files.backup].filter(file => file instanceof File)
    const modified = Math.max(...all.map(file => file.lastModified))
    const parts = Object.keys(files)
    return { files: { name: path, v1: files, modified }, path, bytes: all.reduce((sum, { size }) => sum + size, 0), modified, parts }
}
