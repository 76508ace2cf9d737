// Owns: the session that is open and what is known of it so far; opening, indexing and verifying.
// Invariant: whatever happens the page has something to say: a phase, a notice, or both.
import { batch, computed, signal } from '@preact/signals'
import type { Label, Rail, SessionFiles, Timeline, VerifyReport } from '../protocol'
import { Failed } from './client'
import { current, type Going, indexing, inWords, isCurrent, notice, renew, stop, summary, tell } from './current'
import type { Engine } from './engine'
import { listed } from './chosen'
import type { Candidate } from './files'
import { unwatch, watch } from './live'
import { forget, searchOn } from './search'
import * as transcript from './transcript'
import type { Words } from './words'

export type Phase =
    | { at: 'empty' }
    | { at: 'choosing' }
    | { at: 'opening'; name: string; done: number; total: number }
    | { at: 'open' }
    | { at: 'failed'; words: Words }

/** Logs up to this length are verified without being asked to. */
const VERIFY_AT_ONCE = 64 * 1024 * 1024
/** Those that grow, up to this one. */
const VERIFY_AGAIN = 8 * 1024 * 1024
const BUCKETS = 600

/** The files that are open. */
export const held = signal<SessionFiles | null>(null)
export const phase = signal<Phase>({ at: 'empty' })
export const candidates = signal<Candidate[]>([])
export const rails = signal<Rail[]>([])
export const labels = signal<Label[]>([])
export const timeline = signal<Timeline | null>(null)
export const verifying = signal<Going>({ at: 'idle' })
/** Reading all of a log only for its tokens, which a sidecar does not know. */
export const counting = signal<Going>({ at: 'idle' })
export const report = signal<VerifyReport | null>(null)
/** Without a sidecar among the files, that there is none says nothing about the session. */
export const findings = computed(() => {
    const all = report.value?.logs.flatMap(log => log.findings) ?? []
    return all.filter(finding => finding.code !== 'sidecar-missing')
})
/** Names of labelled entries. */
export const names = computed(() => new Map(labels.value.map(label => [label.entry_id, label.name])))

export function choose(found: Candidate[]): void {
    const [one, ...others] = found
    if (!one || others.length > 0) return offer(found)
    candidates.value = []
    void openOne(one)
}

/** Shows sessions to choose from, however few. */
export function offer(found: Candidate[]): void {
    batch(() => {
        candidates.value = found
        const words = { title: 'No session was found', text: NOTHING }
        phase.value = found.length > 0 ? { at: 'choosing' } : { at: 'failed', words }
    })
}

/** Opens one of those that can be chosen. */
export async function openOne({ files, path }: Candidate): Promise<void> {
    if (!('list' in files)) return open(files)
    phase.value = { at: 'opening', name: path, done: 0, total: 0 }
    try {
        await open(await listed(files.list), files.list)
    } catch (error) {
        fail(inWords(error))
    }
}

const NOTHING =
    'A session is a log (.jsonl), or a v1 snapshot (.json) with its journal (.journal.jsonl). Choose one of these; a sidecar (.sqlite3) is read beside its log.'

/** Back to the list, or to the start. */
export function leave(): void {
    close()
    phase.value = candidates.value.length > 0 ? { at: 'choosing' } : { at: 'empty' }
}

function close(): void {
    stop()
    unwatch()
    batch(() => {
        held.value = summary.value = timeline.value = report.value = notice.value = null
        rails.value = []
        labels.value = []
        indexing.value = verifying.value = counting.value = { at: 'idle' }
    })
    transcript.reset()
    forget()
}

/** Opens a session: its last page first, then the rest. `list`: where the server lists its files, which may grow. */
export async function open(files: SessionFiles, list?: string): Promise<void> {
    close()
    held.value = files
    const mine = renew()
    phase.value = { at: 'opening', name: files.name, done: 0, total: 0 }
    try {
        const opened = await mine.open(files, (done, total) => {
            if (isCurrent(mine)) phase.value = { at: 'opening', name: files.name, done, total }
        })
        batch(() => {
            summary.value = opened.summary
            phase.value = { at: 'open' }
            transcript.begin(opened.rows)
        })
        if (list !== undefined) watch(list, files, grown => follow(mine, grown))
        if (opened.indexed) await settle(mine)
        else await index()
    } catch (error) {
        if (!isCurrent(mine)) return
        if (summary.value) tell(error)
        else fail(named(files.name, error))
    }
}

/** What is no session is refused by its name. */
function named(name: string, error: unknown): Words {
    const words = inWords(error)
    const other = error instanceof Failed && error.failure.code === 'not-a-session'
    return other ? { ...words, title: `${name} is not a session` } : words
}

function fail(words: Words): void {
    close()
    phase.value = { at: 'failed', words }
}

/** Reads all of the log, so that all of it can be shown. */
export async function index(): Promise<void> {
    const mine = current()
    indexing.value = { at: 'running', done: 0, total: summary.value?.size_bytes ?? 0 }
    try {
        const found = await mine.index((done, total) => (indexing.value = { at: 'running', done, total }))
        if (!isCurrent(mine)) return
        summary.value = found
        await settle(mine)
    } catch (error) {
        if (!isCurrent(mine)) return
        indexing.value = { at: 'cancelled' }
        tell(error)
    }
}

/** Fetches what only an index can tell. */
async function settle(mine: Engine): Promise<void> {
    indexing.value = { at: 'done' }
    await transcript.whole()
    await picture(mine)
    if ((summary.value?.size_bytes ?? 0) > VERIFY_AT_ONCE) return
    await verify()
    if (summary.value && !summary.value.usage) await count()
}

/** Shows what has come since the files were opened. */
async function follow(mine: Engine, files: SessionFiles): Promise<void> {
    if (!isCurrent(mine) || indexing.value.at === 'running') return
    const before = summary.value?.size_bytes ?? 0
    try {
        const found = await mine.renew(files)
        if (!isCurrent(mine)) return
        batch(() => {
            held.value = files
            summary.value = found
            indexing.value = { at: 'done' }
        })
        await transcript.append()
        await picture(mine)
        await searchOn(before)
        if (found.size_bytes <= VERIFY_AGAIN) await verify()
        else verifying.value = { at: 'idle' }
    } catch (error) {
        if (isCurrent(mine)) tell(error)
    }
}

/** Fetches branches, labels and timeline. */
async function picture(mine: Engine): Promise<void> {
    const [foundRails, foundLabels] = await Promise.all([mine.ask('rails'), mine.ask('labels')])
    if (!isCurrent(mine)) return
    batch(() => {
        rails.value = foundRails
        labels.value = foundLabels
    })
    const found = await mine.ask('timeline', BUCKETS)
    if (!isCurrent(mine)) return
    timeline.value = found
}

/** Counts the tokens. */
export async function count(): Promise<void> {
    const mine = current()
    counting.value = { at: 'running', done: 0, total: summary.value?.size_bytes ?? 0 }
    try {
        const found = await mine.index((done, total) => (counting.value = { at: 'running', done, total }), true)
        if (!isCurrent(mine)) return
        const counted = await mine.ask('timeline', BUCKETS)
        if (!isCurrent(mine)) return
        batch(() => {
            summary.value = found
            timeline.value = counted
            counting.value = { at: 'done' }
        })
    } catch (error) {
        if (!isCurrent(mine)) return
        counting.value = { at: 'cancelled' }
        tell(error)
    }
}

/** Checks everything, by full content. */
export async function verify(): Promise<void> {
    const mine = current()
    verifying.value = { at: 'running', done: 0, total: summary.value?.size_bytes ?? 0 }
    try {
        const found = await mine.pass('verify', [], (done, total) => (verifying.value = { at: 'running', done, total }))
        if (!isCurrent(mine)) return
        report.value = found
        verifying.value = { at: 'done' }
    } catch (error) {
        if (!isCurrent(mine)) return
        verifying.value = { at: 'cancelled' }
        tell(error)
    }
}
