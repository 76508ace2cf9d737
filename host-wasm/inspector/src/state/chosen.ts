// Owns: getting files out of a drop, a picker, or the listing of this page's own server.
import type { SessionFiles, Stored } from '../protocol'
import type { Chosen } from './files'

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

/** The session that the server of this page has open; null where it has none. */
export async function served(): Promise<SessionFiles | null> {
    const address = new URL('./session.json', document.baseURI)
    if (!address.protocol.startsWith('http')) return null
    const answer = await fetch(address).catch(() => null)
    if (!answer?.ok || !answer.headers.get('content-type')?.includes('json')) return null
    const listing = (await answer.json()) as Listing
    return sessionOf(listing, address)
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
