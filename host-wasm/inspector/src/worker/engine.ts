// Owns: loading the engine, in the smaller build unless the rows of a sidecar are read.
// Does not: know what is asked of a session.
import type { Files, Session } from '../../../jcode_session_wasm'
import type { SessionFiles, Stored } from '../protocol'
import { source } from './source'

/** The class of the package; `open` is its way in. */
type Package = { open(files: Files): Session }

async function small(): Promise<Package> {
    const module = await import('../../../pkg/jcode_session_wasm.js')
    await module.default()
    return module.Session
}

async function withSqlite(): Promise<Package> {
    const module = await import('../../../pkg/sqlite/jcode_session_wasm.js')
    await module.default()
    return module.Session
}

/** Loads the smaller build ahead of need. */
export async function prepare(): Promise<void> {
    await small()
}

/** Opens a session; with the rows of its sidecar, if it has one and they are wanted. */
export async function open(files: SessionFiles, rows: boolean): Promise<Session> {
    if (rows && files.sidecar) return (await withSqlite()).open(sources(files))
    try {
        return (await small()).open(sources(files))
    } catch (error) {
        // Only the larger engine unpacks compressed segments.
        if ((error as { code?: string }).code !== 'needs-sqlite') throw error
        return (await withSqlite()).open(sources(files))
    }
}

function sources(files: SessionFiles): Files {
    const opened: Files = { name: files.name }
    const each = <Key extends string>(from: Partial<Record<Key, Stored>>, keys: readonly Key[]) => {
        const found = keys.flatMap(key => (from[key] ? [[key, source(from[key])] as const] : []))
        return Object.fromEntries(found)
    }
    Object.assign(opened, each(files, ['log', 'sidecar']))
    if (files.v1) opened.v1 = each(files.v1, ['snapshot', 'journal', 'backup'])
    if (files.store) opened.store = each(files.store, Object.keys(files.store))
    if (files.modified !== undefined) opened.modified = files.modified
    return opened
}
