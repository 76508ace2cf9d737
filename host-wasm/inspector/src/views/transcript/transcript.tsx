// Owns: the transcript as a list of rows, and its cursor.
import { createRef } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { names } from '../../state/session'
import { details } from '../../state/shell'
import { filter, surveying } from '../../state/survey'
import { atEnd, cursor, grown, length, news, onlyTail, pages, picked, put, reveal, scope, toEnd } from '../../state/transcript'
import { count } from '../../text/format'
import { List } from '../list/list'
import { allOpen, folds } from './folds'
import { markIn } from './marks'
import { RowView } from './row'

export const list = createRef<List>()

const startsOwn = (element: EventTarget | null) => (element as Element | null)?.closest('button, a, summary, input, .fold')

export function Transcript() {
    const box = useRef<HTMLDivElement>(null)
    useEffect(() => (box.current ? markIn(box.current) : undefined), [])
    return (
        <div class={`rows only-${filter.value.only}`} ref={box}>
            {length.value === 0 && !onlyTail.value && <p class="nothing">{empty()}</p>}
            <Rows />
            {news.value > 0 && !atEnd.value && (
                <button class="button primary news" onClick={toEnd}>
                    {count(news.value, 'new entry', 'new entries')}
                </button>
            )}
        </div>
    )
}

function empty(): string {
    if (picked.value === null) return 'This session has no entries.'
    return surveying.value.at === 'running' ? 'Nothing yet.' : 'No entry passes the filter.'
}

function Rows() {
    const held = pages.value
    const at = cursor.value
    const clicked = (index: number) => (event: MouseEvent) => {
        if (getSelection()?.isCollapsed === false) return
        if (!startsOwn(event.target)) void put(index)
    }
    return (
        <List
            ref={list}
            count={length.value}
            estimate={96}
            label="Transcript"
            role="feed"
            of={picked.value ? filter.value : scope.value}
            version={`${held.tick.value} ${at?.index} ${at?.key} ${names.value.size} ${length.value} ${folds.value} ${allOpen.value.size}`}
            row={rowOf}
            attributes={index => ({
                role: 'article',
                'data-key': held.at(index)?.key,
                'data-last': index === length.value - 1 ? '' : undefined,
                tabIndex: at?.index === index ? 0 : -1,
                'aria-current': at?.index === index ? 'true' : undefined,
                'aria-label': held.at(index) ? `${held.at(index)?.name} ${index + 1}` : undefined,
                onClick: clicked(index),
                onDblClick: () => (details.value = true),
            })}
            seen={(first, last) => queueMicrotask(() => held.want(first, last))}
            reveal={reveal}
            grown={grown}
            end={atEnd}
        />
    )
}

function rowOf(index: number) {
    const row = pages.value.at(index)
    if (!row) return <div class="row waiting" aria-busy="true" />
    const above = before(index)
    const same = above !== undefined && above.voice === row.voice && above.name === row.name && above.detail === row.detail
    return <RowView row={row} follows={same && (row.voice === 'assistant' || row.voice === 'tool')} />
}

/** The row above that is shown on its own. */
function before(index: number) {
    for (let at = index - 1; at >= 0 && at > index - 16; at--) {
        const row = pages.value.at(at)
        if (!row) return undefined
        if (!row.within) return row
    }
    return undefined
}
