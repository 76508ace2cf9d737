// Owns: the sessions of a folder or of the server, to choose from, and the search in all of them. A session's own words
// are read when its row is seen, unless the server knows them.
import { effect, signal } from '@preact/signals'
import type { SearchHit, SessionFiles, Summary } from '../protocol'
import { offered } from '../state/chosen'
import { type Client, Failed, worker } from '../state/client'
import { everywhere, found, seeking, sought, stopSeeking, unread } from '../state/everywhere'
import type { Candidate } from '../state/files'
import { search } from '../state/search'
import { candidates, openOne, phase } from '../state/session'
import { tab } from '../state/shell'
import { want } from '../state/transcript'
import { bytes, count, time } from '../text/format'
import { brief, visible } from '../text/plain'
import { titleOf } from '../text/titles'
import { Icon } from './icon'
import { List } from './list/list'
import { Passing } from './passing'
import { HitWords } from './side/hits'
import { Themes } from './themes'

const filter = signal('')
const glances = signal(new Map<string, Summary | null>())
const asked = new Set<Candidate>()
let client: Client | undefined

function glance(session: Candidate): void {
    if (session.known || 'list' in session.files || asked.has(session) || session.bytes > 1024 ** 3) return
    asked.add(session)
    client ??= worker()
    const put = (summary: Summary | null) => (glances.value = new Map(glances.value).set(session.path, summary))
    client.call('glance', [session.files as SessionFiles]).then(put, (error: unknown) => {
        if (error instanceof Failed && error.failure.code === 'cancelled') asked.delete(session)
        else put(null)
    })
}

async function chosen(session: Candidate, hit?: SearchHit): Promise<void> {
    client?.stop()
    client = undefined
    const text = sought.value
    stopSeeking()
    if (hit) want(hit.key)
    void openOne(session)
    if (!hit || !(await opened())) return
    tab.value = 'search'
    await search(text)
}

/** Waits for a session to open; false if it does not. */
function opened(): Promise<boolean> {
    return new Promise(resolve => {
        const stop = effect(() => {
            const { at } = phase.value
            if (at === 'opening' || at === 'choosing') return
            queueMicrotask(() => stop())
            resolve(at === 'open')
        })
    })
}

function matches(session: Candidate): boolean {
    const wanted = filter.value.toLowerCase()
    const known = session.known ?? glances.value.get(session.path)
    return [session.path, known?.title, known?.first_prompt, known?.cwd].some(text => text?.toLowerCase().includes(wanted))
}

export function Choose() {
    const shown = candidates.value.filter(matches)
    const seek = (event: SubmitEvent) => {
        event.preventDefault()
        void everywhere(filter.value.trim())
    }
    return (
        <main class="choose">
            <header class="bar">
                {offered() !== 'sessions' && (
                    <button class="tool" aria-label="Back" title="Back" onClick={() => (phase.value = { at: 'empty' })}>
                        <Icon name="back" />
                    </button>
                )}
                <h1>{count(candidates.value.length, 'session')}</h1>
                <form class="search wide" role="search" onSubmit={seek}>
                    <Icon name="search" />
                    <input
                        class="field"
                        type="search"
                        placeholder="Filter; Enter searches all text"
                        aria-label="Filter"
                        value={filter.value}
                        onInput={event => {
                            filter.value = event.currentTarget.value
                            if (sought.value !== '') void everywhere('')
                        }}
                    />
                </form>
                <Themes />
            </header>
            {sought.value !== '' ? <Everywhere /> : <Sessions shown={shown} />}
        </main>
    )
}

function Sessions({ shown }: { shown: Candidate[] }) {
    const text = filter.value.trim()
    return (
        <>
            {text !== '' && (
                <p class="choose-head">
                    {count(shown.length, 'session')} with that in their name, title or folder.{' '}
                    <button class="plain" onClick={() => void everywhere(text)}>
                        Search the text of all
                    </button>
                </p>
            )}
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
        </>
    )
}

/** What a search in all sessions has found so far. */
function Everywhere() {
    const rows = found.value.flatMap(({ in: session, what }) => [{ session, what, hit: undefined }, ...what.hits.map(hit => ({ session, what, hit }))])
    const pass = seeking.value
    return (
        <>
            <p class="choose-head" role="status">
                {pass.at === 'running' ? 'So far in ' : 'In '}
                {count(found.value.length, 'session')}: “{brief(sought.value, 40)}”
                {unread.value > 0 && <span class="faint"> {count(unread.value, 'file')} could not be read.</span>}{' '}
                <button
                    class="plain"
                    onClick={() => {
                        filter.value = ''
                        void everywhere('')
                    }}
                >
                    Back to the list
                </button>
            </p>
            <Passing pass={pass} doing="Searching" cancelled="The search was cancelled." again="Search again" start={() => void everywhere(sought.value)} stop={stopSeeking} />
            <List
                count={rows.length}
                estimate={62}
                label="Found"
                role="list"
                of={sought.value}
                version={rows.length}
                row={index => {
                    const row = rows[index]
                    if (!row) return null
                    if (row.hit === undefined) {
                        return (
                            <h2 class="found-in">
                                <button class="plain" onClick={() => void chosen(row.session)}>
                                    {brief(row.what.title, 120)}
                                </button>
                                <span class="faint">{`${count(row.what.hits.length, 'entry', 'entries')}${row.what.more ? ' and more' : ''}`}</span>
                            </h2>
                        )
                    }
                    return (
                        <button class="item hit found" onClick={() => void chosen(row.session, row.hit)}>
                            <HitWords hit={row.hit} />
                        </button>
                    )
                }}
                attributes={() => ({ role: 'listitem' })}
            />
        </>
    )
}

function Session({ session }: { session: Candidate | undefined }) {
    if (!session) return null
    const known = session.known ?? glances.value.get(session.path)
    const title = known ? titleOf({ ...known, session_id: '' }) : ''
    return (
        <button class="session" onClick={() => void chosen(session)}>
            <span class="session-title">{title !== '' ? brief(title, 120) : visible(session.path)}</span>
            <span class="session-size">{bytes(session.bytes)}</span>
            <span class="session-where">
                {title !== '' && <span>{visible(session.path)}</span>}
                {known?.cwd && <span>{visible(known.cwd)}</span>}
                {known === null || known?.is_session === false ? <span class="bad">{known?.kind_note ?? 'not a session'}</span> : null}
                <span>{session.parts.join(', ')}</span>
            </span>
            <time class="session-time">{time(known?.last_modified || session.modified)}</time>
        </button>
    )
}
