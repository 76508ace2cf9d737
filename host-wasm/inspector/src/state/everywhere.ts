// Owns: the search in all sessions that can be chosen: one after the other, the newest first.
// Invariant: what is shown belongs to the last question; a session that cannot be read is passed over and counted.
import { batch, signal } from '@preact/signals'
import type { FoundIn, SessionFiles } from '../protocol'
import { listed } from './chosen'
import { type Client, worker } from './client'
import type { Going } from './current'
import type { Candidate } from './files'
import { candidates } from './session'

/** Hits of one session; in it there are all. */
const EACH = 5

export const sought = signal('')
export const found = signal<{ in: Candidate; what: FoundIn }[]>([])
/** `done` and `total` are bytes. */
export const seeking = signal<Going>({ at: 'idle' })
export const unread = signal(0)

let client: Client | undefined
let asked = 0

/** Searches for `text` in all sessions; for nothing, it ends. */
export async function everywhere(text: string): Promise<void> {
    stopSeeking()
    batch(() => {
        sought.value = text
        found.value = []
        unread.value = 0
        seeking.value = { at: 'idle' }
    })
    if (text === '') return
    const mine = asked
    const all = candidates.value
    const total = all.reduce((sum, session) => sum + session.bytes, 0)
    let done = 0
    for (const session of all) {
        seeking.value = { at: 'running', done, total }
        try {
            const files = await filesOf(session)
            if (mine !== asked) return
            client ??= worker()
            const before = done
            const what = await client.call('find', [files, text, EACH], bytes => {
                if (mine === asked) seeking.value = { at: 'running', done: before + Math.min(bytes, session.bytes), total }
            })
            if (mine !== asked) return
            if (what.hits.length > 0) found.value = [...found.value, { in: session, what }]
        } catch {
            if (mine !== asked) return
            unread.value += 1
        }
        done += session.bytes
    }
    seeking.value = { at: 'done' }
}

/** Ends the search where it is. */
export function stopSeeking(): void {
    asked += 1
    client?.stop()
    client = undefined
    if (seeking.value.at === 'running') seeking.value = { at: 'cancelled' }
}

/** The files of one that can be chosen. */
export async function filesOf({ files }: Candidate): Promise<SessionFiles> {
    return 'list' in files ? listed(files.list) : files
}
