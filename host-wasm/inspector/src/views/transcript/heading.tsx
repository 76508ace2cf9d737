// Owns: the line over the transcript: what it shows of the session, and how far reading is.
import { cancel, indexing, summary } from '../../state/current'
import { index } from '../../state/session'
import { plot } from '../../state/shell'
import { cursor, length, look, onlyTail, scope } from '../../state/transcript'
import { count, number } from '../../text/format'
import { visible } from '../../text/plain'
import { Passing } from '../passing'
import { Filters } from './filters'
import { allOpen, type Look, toggleAll } from './folds'

export function Heading() {
    const here = scope.value
    const at = cursor.value
    return (
        <div class="heading">
            <div class="switch" role="group" aria-label="What is shown">
                <button
                    aria-pressed={here.kind === 'path'}
                    onClick={() => here.kind !== 'path' && void look({ kind: 'path', leaf: null })}
                    title="The path from the root to a leaf (a)"
                >
                    {here.kind === 'path' && here.leaf !== null ? 'Path' : 'Active path'}
                </button>
                <button
                    aria-pressed={here.kind === 'all'}
                    disabled={onlyTail.value}
                    onClick={() => void look({ kind: 'all' })}
                    title="All entries, in file order (a)"
                >
                    All entries
                </button>
            </div>
            <span class="faint heading-count">
                {onlyTail.value ? `last ${count(length.value, 'entry', 'entries')}` : count(length.value, 'entry', 'entries')}
                {here.kind === 'path' && here.leaf !== null && (
                    <>
                        {' to '}
                        <code>{visible(here.leaf.slice(0, 24))}</code>{' '}
                        <button class="plain" onClick={() => void look({ kind: 'path', leaf: null })}>
                            active path
                        </button>
                    </>
                )}
                {at && !onlyTail.value && ` · at ${number(at.index + 1)}`}
            </span>
            {summary.value?.sidecar !== 'fresh' && (
                <Passing
                    pass={indexing.value}
                    doing="Reading the log"
                    cancelled="Only the end is shown."
                    again="Read all"
                    start={() => void index()}
                    stop={() => cancel('index')}
                />
            )}
            <Filters />
            <AllOpen look="call" title="Open all tool calls (O)">
                Tools
            </AllOpen>
            <AllOpen look="thinking" title="Open all thinking (T)">
                Thinking
            </AllOpen>
            <button class="tool text" aria-pressed={plot.value} title="Timeline (t)" onClick={() => (plot.value = !plot.value)}>
                Timeline
            </button>
        </div>
    )
}

function AllOpen({ look, title, children }: { look: Look; title: string; children: string }) {
    return (
        <button class="tool text only-wide" aria-pressed={allOpen.value.has(look)} title={title} onClick={() => toggleAll(look)}>
            {children}
        </button>
    )
}
