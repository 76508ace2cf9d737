// Owns: what a search found.
import type { SearchHit } from '../../protocol'
import { everywhere } from '../../state/everywhere'
import { hits, more, next, question, search, searching, stopSearch } from '../../state/search'
import { candidates, leave } from '../../state/session'
import { drawer } from '../../state/shell'
import { cursor } from '../../state/transcript'
import { count, time } from '../../text/format'
import { brief, printed } from '../../text/plain'
import { visitHit } from '../hit'
import { List } from '../list/list'
import { Passing } from '../passing'

export function Hits() {
    const all = hits.value
    const pass = searching.value
    if (question.value === '') return <p class="nothing">Type in the search field above; what is found is listed here.</p>
    const among = () => {
        const text = question.value
        leave()
        void everywhere(text)
    }
    return (
        <>
            <p class="pane-head" role="status">
                {pass.at !== 'idle' && (all.length > 0 || pass.at === 'done') && count(all.length, 'entry', next.value === null ? 'entries' : 'entries and more')}
                {pass.at === 'done' && ` with “${brief(question.value, 40)}”`}
            </p>
            <Passing
                pass={pass}
                doing="Searching"
                cancelled="The search was cancelled."
                again="Search again"
                start={() => void search(question.value)}
                stop={stopSearch}
            />
            <List
                count={all.length + (next.value === null ? 0 : 1)}
                estimate={70}
                label="Hits"
                role="list"
                of={question.value}
                version={`${all.length} ${cursor.value?.key ?? ''}`}
                row={index => (index < all.length ? <Hit hit={all[index]} /> : <More />)}
                attributes={() => ({ role: 'listitem' })}
            />
            {candidates.value.length > 1 && (
                <p class="pane-foot">
                    <button class="button small" onClick={among}>{`Search all ${count(candidates.value.length, 'session')}`}</button>
                </p>
            )}
        </>
    )
}

function More() {
    return (
        <p class="more">
            <button class="button small" onClick={() => void more()}>
                More
            </button>
        </p>
    )
}

function Hit({ hit }: { hit: SearchHit | undefined }) {
    if (!hit) return null
    const visit = () => {
        drawer.value = false
        void visitHit(hit)
    }
    return (
        <button class={`item hit ${cursor.value?.key === hit.key ? 'on' : ''}`} onClick={visit}>
            <HitWords hit={hit} />
        </button>
    )
}

/** The text around a match, and what it is a part of. */
export function HitWords({ hit }: { hit: SearchHit }) {
    return (
        <>
            <span class="hit-words">
                {printed(hit.before)}
                <mark>{printed(hit.match)}</mark>
                {printed(hit.after)}
            </span>
            <span class="item-second">
                <b>{whose(hit)}</b> {time(hit.ts)}
            </span>
        </>
    )
}

const ROLES: Record<string, string> = { user: 'You', assistant: 'Assistant', system: 'System', toolResult: 'Tool', bashExecution: 'Shell' }
const FIELDS: Partial<Record<SearchHit['field'], string>> = { thinking: 'thinking', tool: 'call', arguments: 'call', output: 'output', custom: 'data' }

function whose({ kind, role, tool, field }: SearchHit): string {
    const who = tool ?? (role === null ? kind.replaceAll('_', ' ') : (ROLES[role] ?? role))
    const what = FIELDS[field]
    return brief(what === undefined ? who : `${who} · ${what}`, 60)
}
