// Owns: getting files out of a drop, a picker, or the lists of this page's own server.
import type { SessionFiles, Stored, Summary } from '../protocol'
import { Failed } from './client'
import type { Candidate, Chosen } from './files'

/** Files from a picker; those of a folder have paths. */
export function picked(list: FileList): Chosen[] {
    return Array.from(list, file => ({ path: file.webkitRelativePath || file.name, file }))
}

/** Files and folders that were dropped. */
export async function dropped(transfer: DataTransfer): Promise<Chosen[]> {
    const entries = Array.from(transfer.items, item => item.webkitGetAsEntry()).filter(entry => entry !== null)
    if (entries.length === 0) return picked(transfer.files)
    const found: Chosen[] = []
    const stack = entries
    for (let entry = stack.pop(); entry; entry = stack.pop()) {
        const path = entry.fullPath.replace(/^\//, '')
        if (entry.isFile) found.push({ path, file: await fileOf(entry as FileSystemFileEntry) })
        else stack.push(...(await inFolder(entry as FileSystemDirectoryEntry)))
    }
    return found
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
    return new Promise((resolve, reject) => entry.file(resolve, reject))
}

async function inFolder(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
    const reader = folder.createReader()
    const all: FileSystemEntry[] = []
    // A folder is given in pieces, until one is empty.
    for (;;) {
        const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
        if (some.length === 0) return all
        all.push(...some)
    }
}

interface Listing {
    name: string
    files: { role: string; name: string; size: number; url: string }[]
}

/** What the server of this page has beside it: one session, a list of them, or nothing. */
export function offered(): 'session' | 'sessions' | 'nothing' {
    const word = document.querySelector<HTMLMetaElement>('meta[name="served"]')?.content
    return word === 'session' || word === 'sessions' ? word : 'nothing'
}

/** Where the one session's files are listed. */
export const ONE = './session.json'

/** The files in a list of the server, as they are now. */
export async function listed(list: string): Promise<SessionFiles> {
    const address = new URL(list, document.baseURI)
    return sessionOf((await json(address)) as Listing, address)
}

interface Sessions {
    sessions: (Summary & { url: string })[]
}

/** The sessions that the server lists, newest first. */
export async function listedSessions(): Promise<Candidate[]> {
    const { sessions } = (await json(new URL('./sessions.json', document.baseURI))) as Sessions
    return sessions.map(({ url, ...known }) => {
        const path = known.path
        return { files: { list: url }, path, bytes: known.size_bytes, modified: known.last_modified, parts: known.agent ? [known.agent] : [], known }
    })
}

async function json(address: URL): Promise<unknown> {
    const answer = await fetch(address).catch(() => null)
    if (!answer) throw new Failed({ code: 'io', message: 'the server of this page does not answer; is `jcode-session inspect` still running?' })
    if (!answer.ok) throw new Failed({ code: 'io', message: await answer.text() })
    return answer.json()
}

function sessionOf({ name, files }: Listing, base: URL): SessionFiles {
    const session: SessionFiles = { name }
    const v1: NonNullable<SessionFiles['v1']> = {}
    const store: Record<string, Stored> = {}
    for (const { role, name, size, url } of files) {
        const file = { url: new URL(url, base).href, size }
        if (role === 'log') session.log = file
        else if (role === 'sidecar') session.sidecar = file
        else if (role === 'v1-snapshot') v1.snapshot = file
        else if (role === 'v1-journal') v1.journal = file
        else if (role === 'v1-backup') v1.backup = file
        else store[name] = file
    }
    if (Object.keys(v1).length > 0) session.v1 = v1
    if (Object.keys(store).length > 0) session.store = store
    return session
}
