// Owns: the left pane and its tabs.
import type { ComponentChildren } from 'preact'
import { findings, labels, rails, verifying } from '../../state/session'
import { question } from '../../state/search'
import { open, type Tab, tab } from '../../state/shell'
import { short } from '../../text/format'
import { Branches } from './branches'
import { Findings } from './findings'
import { Hits } from './hits'
import { Labels } from './labels'
import { Overview } from './overview'

const PANES: Record<Tab, () => ComponentChildren> = {
    overview: Overview,
    branches: Branches,
    labels: Labels,
    findings: Findings,
    search: Hits,
}

export function Side() {
    const Pane = PANES[tab.value]
    const bad = findings.value.some(finding => finding.severity === 'error')
    const clean = verifying.value.at === 'done' && findings.value.length === 0
    return (
        <aside class="side" aria-label="About the session">
            <div class="tabs" role="tablist">
                <TabOf of="overview">About</TabOf>
                <TabOf of="branches">
                    Branches <Count of={rails.value.filter(({ node }) => node.leaf).length} />
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
                {question.value !== '' && <TabOf of="search">Search</TabOf>}
            </div>
            <div class={`pane pane-${tab.value}`} role="tabpanel" id="pane" aria-labelledby={`tab-${tab.value}`}>
                <Pane />
            </div>
        </aside>
    )
}

function TabOf({ of, children }: { of: Tab; children: ComponentChildren }) {
    const selected = tab.value === of
    return (
        <button class="tab" role="tab" id={`tab-${of}`} aria-selected={selected} aria-controls="pane" onClick={() => open(of)}>
            {children}
        </button>
    )
}

function Count({ of, look = '' }: { of: number; look?: string }) {
    return of > 0 ? <span class={`count ${look}`}>{short(of)}</span> : null
}
