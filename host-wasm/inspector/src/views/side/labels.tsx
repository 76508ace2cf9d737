// Owns: the labels that hold.
import { labels } from '../../state/session'
import { drawer } from '../../state/shell'
import { go } from '../../state/transcript'
import { time } from '../../text/format'
import { visible } from '../../text/plain'
import { List } from '../list/list'

export function Labels() {
    const all = labels.value
    if (all.length === 0) return <p class="nothing">No entry has a label. `jcode-session label` gives one.</p>
    const visit = (key: string) => {
        drawer.value = false
        void go(key)
    }
    return (
        <List
            count={all.length}
            estimate={46}
            label="Labels"
            role="list"
            of={all}
            version={0}
            row={index => {
                const label = all[index]
                return (
                    label && (
                        <button class="item" onClick={() => visit(label.entry_id)}>
                            <span class="chip label">{visible(label.name)}</span>
                            <span class="item-second">
                                <code>{visible(label.entry_id)}</code> {time(label.labeled_at)}
                            </span>
                        </button>
                    )
                )
            }}
            attributes={() => ({ role: 'listitem' })}
        />
    )
}
