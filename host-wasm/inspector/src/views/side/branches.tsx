// Owns: the branch picture: runs of entries as dots on rails, one line each.
// Invariant: only the lines that are seen exist, and only their words are fetched.
import { computed, effect, signal } from '@preact/signals'
import type { Rail } from '../../protocol'
import { compare } from '../../state/compare'
import { current, indexing, tell } from '../../state/current'
import { rails } from '../../state/session'
import { hits, hitsByRun } from '../../state/search'
import { drawer } from '../../state/shell'
import { cursor, go, look, scope } from '../../state/transcript'
import { count, time } from '../../text/format'
import { visible } from '../../text/plain'
import { Icon } from '../icon'
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
    const runs = shown.map(({ node }) => node).filter(({ first }) => !asked.has(first))
    if (runs.length === 0) return
    for (const { first } of runs) asked.add(first)
    current()
        .ask('briefs', runs)
        .then(words => {
            const all = new Map(briefs.value)
            runs.forEach(({ first }, number) => all.set(first, words[number] ?? ''))
            briefs.value = all
        })
        .catch((error: unknown) => {
            for (const { first } of runs) asked.delete(first)
            tell(error)
        })
}

/** The path that the transcript shows: its nodes, and the columns in which it passes other lines. */
const shownPath = computed(() => {
    const here = scope.value
    const lines = rails.value
    const nodes = new Set<string>()
    const passes = new Map<number, Set<number>>()
    if (here.kind === 'all') return { nodes, passes }
    let at = here.leaf === null ? lines.findLastIndex(line => line.active) : lines.findIndex(line => line.node.id === here.leaf)
    while (at >= 0) {
        const { node, from } = lines[at]!
        nodes.add(node.id)
        if (from === null) break
        // The run above is the nearest line before that goes on in that column.
        for (at -= 1; at >= 0 && !(lines[at]!.lane === from && lines[at]!.below); at--) {
            if (!passes.has(at)) passes.set(at, new Set())
            passes.get(at)?.add(from)
        }
    }
    return { nodes, passes }
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
            version={`${briefs.value.size} ${path.nodes.size} ${cursor.value?.key ?? ''} ${JSON.stringify(scope.value)} ${hits.value.length}`}
            row={index => <Line rail={lines[index]} on={path.nodes.has(lines[index]?.node.id ?? '')} passes={path.passes.get(index)} />}
            attributes={() => ({ role: 'listitem' })}
            seen={(first, last) => queueMicrotask(() => fetchBriefs(lines.slice(first, last + 1)))}
        />
    )
}

async function visit({ node }: Rail): Promise<void> {
    drawer.value = false
    const here = scope.value
    if (here.kind === 'path' && !shownPath.value.nodes.has(node.id)) await look({ kind: 'path', leaf: node.id })
    await go(node.first)
}

function Line({ rail, on, passes }: { rail: Rail | undefined; on: boolean; passes: Set<number> | undefined }) {
    if (!rail) return null
    const { node } = rail
    const says = briefs.value.get(node.first)
    const found = hitsByRun.value.get(rail.number) ?? 0
    return (
        <div class="rail-line">
            <button class={`rail ${on ? 'on' : ''} ${rail.active ? 'active' : ''}`} onClick={() => void visit(rail)}>
                <Picture rail={rail} on={on} passes={passes} />
                <span class="rail-words">
                    <span class="rail-first">
                        {node.name !== null && <span class="chip label">{visible(node.name)}</span>}
                        <span>{says ?? '…'}</span>
                        {found > 0 && <span class="count hits" title={`${count(found, 'hit')} of the search`}>{found}</span>}
                    </span>
                    <span class="rail-second">
                        {count(node.length, 'entry', 'entries')}
                        {node.leaf ? (rail.active && node.leaf && !rail.below ? ' · active leaf' : ' · leaf') : ' · branch point'}
                        {node.ts !== null && ` · ${time(node.ts).slice(0, 16)}`}
                    </span>
                </span>
            </button>
            {!on && (
                <button
                    class="tool tiny rail-compare"
                    title="Compare with the path that is shown"
                    aria-label={`Compare ${node.name ?? 'this branch'} with the path that is shown`}
                    onClick={() => {
                        drawer.value = false
                        void compare(rail)
                    }}
                >
                    <Icon name="compare" />
                </button>
            )}
        </div>
    )
}

function Picture({ rail, on, passes }: { rail: Rail; on: boolean; passes: Set<number> | undefined }) {
    const { lane, from, passing, below } = rail
    const x = (column: number) => column * LANE + 10
    const middle = 17
    const straight = from === lane
    return (
        <svg class="rail-picture" width={x(lane) + 10} height={LINE} aria-hidden="true">
            {from !== null && straight && <path class={on ? 'run' : 'pass'} d={`M${x(lane)} 0V${middle}`} />}
            {from !== null && !straight && (
                <path class={on ? 'run' : 'pass'} d={`M${x(from)} 0V5q0 ${middle - 5} ${LANE - 4} ${middle - 5}H${x(lane)}`} />
            )}
            {passing.map(column => (
                <path key={column} class={passes?.has(column) ? 'run' : 'pass'} d={`M${x(column)} 0V${LINE}`} />
            ))}
            {below && <path class={on ? 'run' : 'pass'} d={`M${x(lane)} ${middle}V${LINE}`} />}
            <circle class={`${on ? 'on' : ''} ${below ? 'point' : 'leaf'}`} cx={x(lane)} cy={middle} r={below ? 4 : 4.500} />
        </svg>
    )
}
