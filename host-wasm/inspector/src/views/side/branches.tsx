// Owns: the branch picture: runs of entries as dots on rails, one line each.
// Invariant: only the lines that are seen exist, and only their words are fetched.
import { computed, effect, signal } from '@preact/signals'
import type { Rail } from '../../protocol'
import { current, tell } from '../../state/current'
import { indexing, rails } from '../../state/session'
import { drawer } from '../../state/shell'
import { cursor, go, look, scope } from '../../state/transcript'
import { count, time } from '../../text/format'
import { visible } from '../../text/plain'
import { List } from '../list/list'

const LANE = 16
const LINE = 50

const briefs = signal(new Map<string, string>())
const asked = new Set<string>()

// Keys belong to the session they are of.
effect(() => {
    if (rails.value.length > 0) return
    asked.clear()
    briefs.value = new Map()
})

function fetchBriefs(shown: Rail[]): void {
    const keys = shown.map(({ node }) => node.first).filter(key => !asked.has(key))
    if (keys.length === 0) return
    for (const key of keys) asked.add(key)
    current()
        .ask('briefs', keys)
        .then(words => {
            const all = new Map(briefs.value)
            keys.forEach((key, number) => all.set(key, words[number] ?? ''))
            briefs.value = all
        })
        .catch((error: unknown) => {
            for (const key of keys) asked.delete(key)
            tell(error)
        })
}

/** Numbers of the nodes on the path that the transcript shows. */
const shownPath = computed(() => {
    const here = scope.value
    const lines = rails.value
    if (here.kind === 'all') return new Set<string>()
    if (here.leaf === null) return new Set(lines.filter(line => line.active).map(line => line.node.id))
    // Parents stand before their runs, in the outline's own numbers: by depth and column it is the line above.
    const path = new Set<string>()
    let at = lines.findIndex(line => line.node.id === here.leaf)
    while (at >= 0) {
        const line = lines[at]!
        path.add(line.node.id)
        if (line.from === null) break
        const column = line.from
        at = lines.findLastIndex((above, number) => number < at && above.lane === column && above.below)
    }
    return path
})

export function Branches() {
    const lines = rails.value
    if (lines.length === 0) {
        return <p class="nothing">{indexing.value.at === 'done' ? 'There are no entries.' : 'Branches are shown once the log was read.'}</p>
    }
    const path = shownPath.value
    return (
        <List
            count={lines.length}
            estimate={LINE}
            label="Branches"
            role="list"
            of={lines}
            version={`${briefs.value.size} ${path.size} ${cursor.value?.key ?? ''} ${JSON.stringify(scope.value)}`}
            row={index => <Line rail={lines[index]} shown={path} />}
            attributes={() => ({ role: 'listitem' })}
            seen={(first, last) => queueMicrotask(() => fetchBriefs(lines.slice(first, last + 1)))}
        />
    )
}

async function visit({ node }: Rail): Promise<void> {
    drawer.value = false
    const here = scope.value
    if (here.kind === 'path' && !shownPath.value.has(node.id)) await look({ kind: 'path', leaf: node.id })
    await go(node.first)
}

function Line({ rail, shown }: { rail: Rail | undefined; shown: Set<string> }) {
    if (!rail) return null
    const { node } = rail
    const on = shown.has(node.id)
    const says = briefs.value.get(node.first)
    return (
        <button class={`rail ${on ? 'on' : ''} ${rail.active ? 'active' : ''}`} onClick={() => void visit(rail)}>
            <Picture rail={rail} on={on} />
            <span class="rail-words">
                <span class="rail-first">
                    {node.name !== null && <span class="chip label">{visible(node.name)}</span>}
                    {says ?? '…'}
                </span>
                <span class="rail-second">
                    {count(node.length, 'entry', 'entries')}
                    {node.leaf ? (rail.active && node.leaf && !rail.below ? ' · active leaf' : ' · leaf') : ' · branches'}
                    {node.ts !== null && ` · ${time(node.ts).slice(0, 16)}`}
                </span>
            </span>
        </button>
    )
}

function Picture({ rail, on }: { rail: Rail; on: boolean }) {
    const { lane, from, passing, below } = rail
    const x = (column: number) => column * LANE + 10
    const middle = 17
    const straight = from === lane
    return (
        <svg class="rail-picture" width={x(lane) + 10} height={LINE} aria-hidden="true">
            {passing.map(column => (
                <path key={column} class="pass" d={`M${x(column)} 0V${LINE}`} />
            ))}
            {from !== null && straight && <path class={on ? 'run' : 'pass'} d={`M${x(lane)} 0V${middle}`} />}
            {from !== null && !straight && (
                <path class={on ? 'run' : 'pass'} d={`M${x(from)} 0V5q0 ${middle - 5} ${LANE - 4} ${middle - 5}H${x(lane)}`} />
            )}
            {below && <path class={on ? 'run' : 'pass'} d={`M${x(lane)} ${middle}V${LINE}`} />}
            <circle class={`${on ? 'on' : ''} ${below ? 'point' : 'leaf'}`} cx={x(lane)} cy={middle} r={below ? 4 : 4.500} />
        </svg>
    )
}
