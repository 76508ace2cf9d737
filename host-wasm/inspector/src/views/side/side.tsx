// Owns: the left pane and its tabs.
import type { ComponentChildren } from 'preact'
import { findings, labels, rails, verifying } from '../../state/session'
import { hits, next } from '../../state/search'
import { open, type Tab, tab } from '../../state/shell'
import { prompts } from '../../state/survey'
import { short } from '../../text/format'
import { Branches } from './branches'
import { Findings } from './findings'
import { Hits } from './hits'
import { Labels } from './labels'
import { Overview } from './overview'
import { Prompts } from './prompts'

const PANES: Record<Tab, () => ComponentChildren> = {
    overview: Overview,
    branches: Branches,
    prompts: Prompts,
    labels: Labels,
    findings: Findings,
    search: Hits,
}
const ORDER = Object.keys(PANES) as Tab[]

/** The arrows move through the tabs, which are one stop of the Tab key. */
function move(event: KeyboardEvent): void {
    const now = ORDER.indexOf(tab.value)
    const to = { ArrowRight: now + 1, ArrowDown: now + 3, ArrowLeft: now - 1, ArrowUp: now - 3, Home: 0, End: ORDER.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const next = ORDER[(to + ORDER.length) % ORDER.length]!
    tab.value = next
    document.getElementById(`tab-${next}`)?.focus()
}

export function Side() {
    const Pane = PANES[tab.value]
    const bad = findings.value.some(finding => finding.severity === 'error')
    const clean = verifying.value.at === 'done' && findings.value.length === 0
    return (
        <aside class="side" aria-label="About the session">
            <div class="tabs" role="tablist" aria-label="About the session" onKeyDown={move}>
                <TabOf of="overview">About</TabOf>
                <TabOf of="branches">
                    Branches <Count of={rails.value.filter(({ node }) => node.leaf).length} />
                </TabOf>
                <TabOf of="prompts">
                    Prompts <Count of={prompts.value.length} />
                </TabOf>
                <TabOf of="labels">
                    Labels <Count of={labels.value.length} />
                </TabOf>
                <TabOf of="findings">
                    Findings <Count of={findings.value.length} look={bad ? 'bad' : 'warn'} />
                    {clean && (
                        <span class="count done" title="Verified: nothing was found">
                            ✓
                        </span>
                    )}
                </TabOf>
                <TabOf of="search">
                    Search <Count of={hits.value.length} more={next.value !== null} />
                </TabOf>
            </div>
            <div class={`pane pane-${tab.value}`} role="tabpanel" id="pane" aria-labelledby={`tab-${tab.value}`} tabIndex={tab.value === 'overview' ? 0 : -1}>
                <Pane />
            </div>
        </aside>
    )
}

function TabOf({ of, children }: { of: Tab; children: ComponentChildren }) {
    const selected = tab.value === of
    return (
        <button class="tab" role="tab" id={`tab-${of}`} aria-selected={selected} aria-controls="pane" tabIndex={selected ? 0 : -1} onClick={() => open(of)}>
            {children}
        </button>
    )
}

function Count({ of, look = '', more = false }: { of: number; look?: string; more?: boolean }) {
    return of > 0 ? <span class={`count ${look}`}>{`${short(of)}${more ? '+' : ''}`}</span> : null
}
