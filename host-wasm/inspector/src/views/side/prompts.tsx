// Owns: the outline of what the person asked.
import { useEffect } from 'preact/hooks'
import { names } from '../../state/session'
import { drawer } from '../../state/shell'
import { prompts, survey, surveying } from '../../state/survey'
import { cursor, go, onlyTail, scope } from '../../state/transcript'
import { count, time } from '../../text/format'
import { visible } from '../../text/plain'
import { List } from '../list/list'

export function Prompts() {
    const all = prompts.value
    const pass = surveying.value
    useEffect(() => void survey(), [scope.value, onlyTail.value])
    if (onlyTail.value) return <p class="nothing">Prompts are listed once the log was read.</p>
    if (all.length === 0 && pass.at === 'done') return <p class="nothing">Nobody has asked anything here.</p>
    const visit = (key: string) => {
        drawer.value = false
        void go(key)
    }
    return (
        <>
            <p class="pane-head" role="status">
                {count(all.length, 'prompt')}
                {scope.value.kind === 'path' ? ' on this path' : ' on all paths'}
                {pass.at === 'running' && ', reading on'}
            </p>
            <List
                count={all.length}
                estimate={62}
                label="Prompts"
                role="list"
                of={scope.value}
                version={`${all.length} ${cursor.value?.key ?? ''} ${names.value.size}`}
                row={index => {
                    const prompt = all[index]
                    return (
                        prompt && (
                            <button class={`item ${cursor.value?.key === prompt.key ? 'on' : ''}`} onClick={() => visit(prompt.key)}>
                                <span class="hit-words">{visible(prompt.says)}</span>
                                <span class="item-second">
                                    {names.value.has(prompt.key) && <span class="chip label">{visible(names.value.get(prompt.key) ?? '')}</span>} {time(prompt.ts)}
                                </span>
                            </button>
                        )
                    )
                }}
                attributes={() => ({ role: 'listitem' })}
            />
        </>
    )
}
