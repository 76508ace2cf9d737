// Owns: how two paths look side by side.
import type { Side } from '../../state/compare'
import { comparing } from '../../state/compare'
import { names } from '../../state/session'
import { look } from '../../state/transcript'
import { count } from '../../text/format'
import { visible } from '../../text/plain'
import { Icon } from '../icon'
import { List } from '../list/list'
import { allOpen, folds } from '../transcript/folds'
import { RowView } from '../transcript/row'

export function Compare() {
    const now = comparing.value
    if (!now) return null
    return (
        <section class="compare" aria-label="Two paths side by side">
            <header class="compare-bar">
                <p>{now.shared === 0 ? 'Two paths that share no entry.' : `Both paths begin with the same ${count(now.shared, 'entry', 'entries')}; from there on:`}</p>
                <button class="tool" aria-label="Close the comparison" title="Close (Esc)" onClick={() => (comparing.value = null)}>
                    <Icon name="close" />
                </button>
            </header>
            <Column of={now.left} label="The path that was shown" />
            <Column of={now.right} label="The other path" />
        </section>
    )
}

function Column({ of, label }: { of: Side; label: string }) {
    const { pages, leaf, length } = of
    return (
        <div class="compare-side">
            <p class="compare-head">
                <span class="faint">{label}</span>
                {names.value.has(leaf) && <span class="chip label">{visible(names.value.get(leaf) ?? '')}</span>}
                <span class="faint">{count(length, 'entry', 'entries')}</span>
                <button class="plain" onClick={() => void look({ kind: 'path', leaf })}>
                    Show alone
                </button>
            </p>
            {length === 0 && <p class="nothing">It ends where the other one goes on.</p>}
            <List
                count={length}
                estimate={96}
                label={label}
                role="feed"
                of={of}
                version={`${pages.tick.value} ${folds.value} ${allOpen.value.size}`}
                row={index => {
                    const row = pages.at(index)
                    return row ? <RowView row={row} follows={false} /> : <div class="row waiting" aria-busy="true" />
                }}
                attributes={index => ({ role: 'article', 'data-key': pages.at(index)?.key, 'aria-label': pages.at(index)?.name })}
                seen={(first, last) => queueMicrotask(() => pages.want(first, last))}
            />
        </div>
    )
}
