// Owns: the sessions of a folder, to choose from. A session's own words are read when its row is seen.
import { signal } from '@preact/signals'
import type { Summary } from '../protocol'
import { type Client, Failed, worker } from '../state/client'
import type { Candidate } from '../state/files'
import { candidates, open, phase } from '../state/session'
import { bytes, count, time } from '../text/format'
import { brief, visible } from '../text/plain'
import { Icon } from './icon'
import { List } from './list/list'
import { Themes } from './themes'

const filter = signal('')
const glances = signal(new Map<string, Summary | null>())
const asked = new Set<Candidate>()
let client: Client | undefined

function glance(session: Candidate): void {
    if (asked.has(session) || session.bytes > 1024 ** 3) return
    asked.add(session)
    client ??= worker()
    const put = (summary: Summary | null) => (glances.value = new Map(glances.value).set(session.path, summary))
    client.call('glance', [session.files]).then(put, (error: unknown) => {
        if (error instanceof Failed && error.failure.code === 'cancelled') asked.delete(session)
        else put(null)
    })
}

function chosen(session: Candidate): void {
    client?.stop()
    client = undefined
    void open(session.files)
}

function matches(session: Candidate): boolean {
    const wanted = filter.value.toLowerCase()
    const known = glances.value.get(session.path)
    return [session.path, known?.title, known?.cwd].some(text => text?.toLowerCase().includes(wanted))
}

export function Choose() {
    const shown = candidates.value.filter(matches)
    return (
        <main class="choose">
            <header class="bar">
                <button class="tool" aria-label="Back" title="Back" onClick={() => (phase.value = { at: 'empty' })}>
                    <Icon name="back" />
                </button>
                <h1>{count(candidates.value.length, 'session')}</h1>
                <input
                    class="field"
                    type="search"
                    placeholder="Filter by name, title or folder"
                    aria-label="Filter"
                    value={filter.value}
                    onInput={event => (filter.value = event.currentTarget.value)}
                />
                <Themes />
            </header>
            {shown.length === 0 && <p class="nothing">No session matches.</p>}
            <List
                count={shown.length}
                estimate={58}
                label="Sessions"
                role="list"
                of={filter.value}
                version={glances.value}
                row={index => <Session session={shown[index]} />}
                attributes={() => ({ role: 'listitem' })}
                seen={(first, last) => shown.slice(first, last + 1).forEach(glance)}
            />
        </main>
    )
}

function Session({ session }: { session: Candidate | undefined }) {
    if (!session) return null
    const known = glances.value.get(session.path)
    const title = known?.title ?? known?.first_prompt ?? known?.preview
    return (
        <button class="session" onClick={() => chosen(session)}>
            <span class="session-title">{title ? brief(title, 120) : visible(session.path)}</span>
            <span class="session-size">{bytes(session.bytes)}</span>
            <span class="session-where">
                {title && <span>{visible(session.path)}</span>}
                {known?.cwd && <span>{visible(known.cwd)}</span>}
                {known === null || known?.is_session === false ? <span class="bad">{known?.kind_note ?? 'not a session'}</span> : null}
                <span>{session.parts.join(', ')}</span>
            </span>
            <time class="session-time">{time(known?.last_modified || session.modified)}</time>
        </button>
    )
}
