// Owns: choosing which entries the transcript shows.
import { tell } from '../../state/current'
import { type Filter, filter, only, survey, surveying, tools } from '../../state/survey'
import { onlyTail } from '../../state/transcript'
import { count, number } from '../../text/format'

const KINDS: [Filter['only'], string][] = [
    ['all', 'Everything'],
    ['prompts', 'Prompts only'],
    ['said', 'Without tools'],
    ['tools', 'Tool calls only'],
    ['labelled', 'Labelled only'],
]

export function Filters() {
    const now = filter.value
    const called = [...tools.value].sort((a, b) => b[1] - a[1])
    const pass = surveying.value
    const chosen = (event: { currentTarget: HTMLSelectElement }) => {
        const [kind, tool = ''] = event.currentTarget.value.split(/:(.*)/s)
        void only(kind === 'tool' ? { only: 'tool', tool } : { only: kind as 'all' }).catch(tell)
    }
    return (
        <>
            <select
                class={`field filter ${now.only === 'all' ? '' : 'on'}`}
                aria-label="Which entries are shown"
                disabled={onlyTail.value}
                value={now.only === 'tool' ? `tool:${now.tool}` : now.only}
                onFocus={() => void survey()}
                onChange={chosen}
            >
                {KINDS.map(([kind, words]) => (
                    <option key={kind} value={kind}>
                        {words}
                    </option>
                ))}
                {called.length > 0 && (
                    <optgroup label="Calls of one tool">
                        {called.map(([tool, calls]) => (
                            <option key={tool} value={`tool:${tool}`}>{`${tool} (${number(calls)})`}</option>
                        ))}
                    </optgroup>
                )}
            </select>
            {now.only !== 'all' && pass.at === 'running' && <span class="faint">{`${number(pass.done)} of ${count(pass.total, 'entry', 'entries')} read`}</span>}
        </>
    )
}
