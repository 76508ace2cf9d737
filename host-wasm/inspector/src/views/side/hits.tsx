// Owns: what a search found.
import { cancel } from '../../state/current'
import { hits, more, next, question, search, searching } from '../../state/search'
import { drawer } from '../../state/shell'
import { cursor, go } from '../../state/transcript'
import { count, time } from '../../text/format'
import { brief, printed } from '../../text/plain'
import { List } from '../list/list'
import { Passing } from '../passing'

export function Hits() {
    const all = hits.value
    const pass = searching.value
    if (question.value === '') return <p class="nothing">Type in the search field above, and press Enter.</p>
    return (
        <>
            <p class="pane-head" role="status">
                {pass.at === 'done' && count(all.length, 'entry', next.value === null ? 'entries' : 'entries and more')}
                {pass.at === 'done' && ` with “${brief(question.value, 40)}”`}
            </p>
            <Passing
                pass={pass}
                doing="Searching"
                cancelled="The search was cancelled."
                again="Search again"
                start={() => void search(question.value)}
                stop={() => cancel('search')}
            />
            <List
                count={all.length}
                estimate={70}
                label="Hits"
                role="list"
                of={question.value}
                version={`${all.length} ${cursor.value?.key ?? ''}`}
                row={index => <Hit index={index} />}
                attributes={() => ({ role: 'listitem' })}
                seen={(_, last) => last >= all.length - 2 && all.length > 0 && queueMicrotask(() => void more())}
            />
        </>
    )
}

function Hit({ index }: { index: number }) {
    const hit = hits.value[index]
    if (!hit) return null
    const visit = () => {
        drawer.value = false
        void go(hit.key)
    }
    return (
        <button class={`item hit ${cursor.value?.key === hit.key ? 'on' : ''}`} onClick={visit}>
            <span class="hit-words">
                {printed(hit.before)}
                <mark>{printed(hit.match)}</mark>
                {printed(hit.after)}
            </span>
            <span class="item-second">
                {brief(hit.kind, 40)} {time(hit.ts)}
            </span>
        </button>
    )
}
