// Owns: the right pane: the facts of one entry, and its line as it stands in the log.
import { summary } from '../../state/current'
import { names } from '../../state/session'
import { linkTo } from '../../state/route'
import { details } from '../../state/shell'
import { detail, go } from '../../state/transcript'
import { bytes, number, time } from '../../text/format'
import { visible } from '../../text/plain'
import { Copy } from '../copy'
import { Icon } from '../icon'
import { Line } from './line'

export function Details() {
    const entry = detail.value
    return (
        <aside class="details" aria-label="Details of the entry">
            <header class="pane-bar">
                <h2>{entry ? visible(entry.kind.slice(0, 60)) : 'Entry'}</h2>
                {entry && <Copy text={() => new URL(linkTo(entry.key), location.href).href} icon="link" words="Copy the link to this entry" />}
                <button class="tool" aria-label="Close" title="Close (Esc)" onClick={() => (details.value = false)}>
                    <Icon name="close" />
                </button>
            </header>
            {!entry && <p class="nothing">Click an entry, or press j and k, to see its details.</p>}
            {entry && (
                <>
                    <dl class="facts">
                        <dt>Id</dt>
                        <dd>
                            <code>{visible(entry.key)}</code>
                            <Copy text={() => entry.key} icon="copy" words="Copy the id" />
                        </dd>
                        <dt>Parent</dt>
                        <dd>
                            {entry.parent === null ? (
                                <span class="faint">none: a root</span>
                            ) : (
                                <button class="plain" onClick={() => void go(entry.parent ?? '')}>
                                    <code>{visible(entry.parent)}</code>
                                </button>
                            )}
                        </dd>
                        {names.value.has(entry.key) && (
                            <>
                                <dt>Label</dt>
                                <dd>
                                    <span class="chip label">{visible(names.value.get(entry.key) ?? '')}</span>
                                </dd>
                            </>
                        )}
                        <dt>Time</dt>
                        <dd>{entry.at === null ? <span class="faint">none</span> : `${time(entry.at)} UTC`}</dd>
                        {entry.seq !== null && (
                            <>
                                <dt>Number</dt>
                                <dd>{number(entry.seq + 1)} in the log</dd>
                            </>
                        )}
                        <dt>Bytes</dt>
                        <dd>
                            {number(entry.offset)} to {number(entry.offset + entry.len)}
                            <span class="faint"> {bytes(entry.len)}</span>
                        </dd>
                    </dl>
                    {summary.value?.dialect !== 'tree-v3' && summary.value?.dialect != null && !summary.value.newer_version && (
                        <p class="faint aside">Places are those of the log as `migrate` would write it.</p>
                    )}
                    <Line key={entry.key} entry={entry} />
                </>
            )}
        </aside>
    )
}
