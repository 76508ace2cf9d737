// Owns: how a change of a file looks: lines that go and come.
import { useMemo } from 'preact/hooks'
import type { Change } from '../../protocol'
import { number } from '../../text/format'
import { sanitise } from '../../text/sanitise'

const LOOKS = { '+': 'comes', '-': 'goes', ' ': 'stays', gap: 'gap' } as const

/** Lines that are set at once. */
const MOST = 2000

/** `+12 −9`. */
export function Counted({ of }: { of: Change }) {
    return (
        <span class="fold-size counted">
            {of.added > 0 && <span class="good">{`+${number(of.added)}`}</span>}
            {of.removed > 0 && <span class="bad">{`−${number(of.removed)}`}</span>}
            {of.added + of.removed === 0 && 'no change'}
        </span>
    )
}

export function Diff({ of }: { of: Change }) {
    const html = useMemo(() => sanitise(of.lines.slice(0, MOST).map(({ html }) => html).join('\n')).split('\n'), [of])
    const left = of.lines.length - MOST
    return (
        <figure class="diff">
            {of.path !== '' && <figcaption>{of.path}</figcaption>}
            <div class="diff-lines" tabIndex={0} role="group" aria-label="Change">
                {of.lines.slice(0, MOST).map(({ sign }, at) => (
                    <div class={`diff-line ${LOOKS[sign]}`} key={at}>
                        <span class="diff-sign">{sign === 'gap' ? '⋯' : sign === '-' ? '−' : sign}</span>
                        <code dangerouslySetInnerHTML={{ __html: html[at] ?? '' }} />
                    </div>
                ))}
            </div>
            {left > 0 && <p class="none">{`${number(left)} more lines stand in the raw line.`}</p>}
        </figure>
    )
}
