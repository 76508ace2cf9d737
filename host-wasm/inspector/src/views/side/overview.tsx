// Owns: what is known of the session as a whole.
import type { ComponentChildren } from 'preact'
import type { Summary } from '../../protocol'
import { cancel, indexing, summary } from '../../state/current'
import { count as countTokens, counting, findings, held, index, rails, verify, verifying } from '../../state/session'
import { open } from '../../state/shell'
import { bytes, count, number, short, span, time } from '../../text/format'
import { visible } from '../../text/plain'
import { Passing } from '../passing'

export function Overview() {
    const now = summary.value
    if (!now) return null
    return (
        <div class="overview">
            <Figures of={now} />
            <dl class="facts">
                <Fact name="Folder">{now.cwd && <code>{visible(now.cwd)}</code>}</Fact>
                <Fact name="Model">{now.model && visible([now.provider, now.model].filter(Boolean).join(' · '))}</Fact>
                <Fact name="Started">{time(now.created_at)}</Fact>
                <Fact name="Last message">
                    {time(now.last_modified)}
                    {now.created_at !== null && now.last_modified > now.created_at && (
                        <span class="faint"> after {span(now.last_modified - now.created_at)}</span>
                    )}
                </Fact>
                <Fact name="Status">{now.status && visible(now.status)}</Fact>
                <Fact name="Saved">{now.saved && visible(now.save_label ?? 'yes')}</Fact>
                <Fact name="Tags">
                    {now.tags.length > 0 && now.tags.map(tag => <span class="chip" key={tag}>{visible(tag)}</span>)}
                </Fact>
                <Fact name="Forked from">{now.parent_session && <code>{visible(now.parent_session)}</code>}</Fact>
                <Fact name="Session">
                    <code>{visible(now.session_id)}</code>
                </Fact>
                <Fact name="File">
                    <code>{visible(now.path)}</code> <Download />
                </Fact>
                <Fact name="Format">
                    {now.dialect}
                    {now.dialect !== null && now.dialect !== 'tree-v3' && !now.newer_version && (
                        <span class="faint"> shown as migrate would write it</span>
                    )}
                    {now.kind_note && <span class="warn"> {now.kind_note}</span>}
                </Fact>
                <Fact name="Sidecar">{sidecar(now)}</Fact>
            </dl>
            <Tokens of={now} />
            <Checks />
        </div>
    )
}

function Figures({ of }: { of: Summary }) {
    const branches = rails.value.filter(({ node }) => node.leaf).length
    const figures: [string, string][] = [
        [of.entry_count === null ? '…' : short(of.entry_count), 'entries'],
        [of.message_count === null ? '…' : short(of.message_count), 'messages'],
        [branches === 0 ? '…' : short(branches), branches === 1 ? 'branch' : 'branches'],
        [bytes(of.size_bytes), 'size'],
    ]
    return (
        <div class="figures">
            {figures.map(([figure, name]) => (
                <div class="figure" key={name}>
                    <b>{figure}</b>
                    <span>{name}</span>
                </div>
            ))}
        </div>
    )
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
    const empty = Array.isArray(children) ? !children[0] : !children
    if (empty) return null
    return (
        <>
            <dt>{name}</dt>
            <dd>{children}</dd>
        </>
    )
}

const SIDECARS: Record<Summary['sidecar'], string> = {
    fresh: 'fresh',
    grown: 'behind the log; the log answers',
    stale: 'of another state of the log; the log answers',
    corrupt: 'damaged; the log answers',
    missing: '',
    unread: 'not read',
}

function sidecar(of: Summary): ComponentChildren {
    const words = SIDECARS[of.sidecar]
    if (words === '' && !of.sidecar_note) return null
    return (
        <>
            <span class={of.sidecar === 'fresh' ? 'good' : 'warn'}>{words || of.sidecar}</span>
            {of.sidecar_note && <span class="faint"> {visible(of.sidecar_note)}</span>}
            {of.sidecar_bytes > 0 && <span class="faint"> {bytes(of.sidecar_bytes)}</span>}
        </>
    )
}

function Tokens({ of }: { of: Summary }) {
    const used = of.usage
    if (!used && indexing.value.at === 'done') {
        return (
            <section class="tokens">
                <h2>Tokens</h2>
                <Passing
                    pass={counting.value}
                    doing="Counting"
                    cancelled="Counting was cancelled."
                    again="Count"
                    idle="The sidecar does not know them: counting reads all of the log."
                    start={() => void countTokens()}
                    stop={() => cancel('index')}
                />
            </section>
        )
    }
    if (!used || used.messages === 0) return null
    const parts: [string, number][] = [
        ['Input', used.input],
        ['Output', used.output],
        ['Cache read', used.cache_read],
        ['Cache written', used.cache_write],
    ]
    return (
        <section class="tokens">
            <h2>Tokens</h2>
            <dl class="facts">
                {parts.map(([name, tokens]) => (
                    <Fact name={name} key={name}>
                        <span title={number(tokens)}>{short(tokens)}</span>
                    </Fact>
                ))}
                <Fact name="Cost">{used.cost > 0 && `$${used.cost.toFixed(used.cost < 1 ? 4 : 2)}`}</Fact>
            </dl>
        </section>
    )
}

function Checks() {
    const found = findings.value.length
    return (
        <section class="checks">
            <Passing
                pass={indexing.value}
                doing="Reading the log"
                cancelled="Only the end of the log is shown."
                again="Read all of it"
                start={() => void index()}
                stop={() => cancel('index')}
            />
            {indexing.value.at === 'done' && (
                <Passing
                    pass={verifying.value}
                    doing="Verifying"
                    cancelled="Verifying was cancelled."
                    again="Verify"
                    idle="Not verified: that reads all of the log."
                    start={() => void verify()}
                    stop={() => cancel('verify')}
                />
            )}
            {verifying.value.at === 'done' && (
                <p class={found === 0 ? 'good' : 'warn'}>
                    Verified:{' '}
                    {found === 0 ? (
                        'nothing was found.'
                    ) : (
                        <button class="plain" onClick={() => open('findings')}>
                            {count(found, 'finding')}
                        </button>
                    )}
                </p>
            )}
        </section>
    )
}

/** The session's own file, as it stands. */
function Download() {
    const file = held.value?.log ?? held.value?.v1?.snapshot
    if (!file) return null
    const name = (held.value?.name ?? 'session.jsonl').split(/[\\/]/).at(-1) ?? ''
    const save = () => {
        const link = document.createElement('a')
        link.href = 'url' in file ? file.url : URL.createObjectURL(file)
        link.download = name
        link.click()
        if (!('url' in file)) setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
    }
    return (
        <button class="plain" onClick={save}>
            Download
        </button>
    )
}
