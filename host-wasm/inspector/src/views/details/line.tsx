// Owns: the line of an entry: as it stands, piece by piece, or indented.
// Invariant: at most a few pieces are in the page, however long the line is.
import { useEffect, useState } from 'preact/hooks'
import type { Detail, RawPiece } from '../../protocol'
import { current, tell } from '../../state/current'
import { bytes, number } from '../../text/format'
import { sanitise } from '../../text/sanitise'

const PIECE = 64 * 1024

type Form = 'raw' | 'indented'

export function Line({ entry }: { entry: Detail }) {
    const [form, setForm] = useState<Form>('raw')
    const [from, setFrom] = useState(0)
    const [piece, setPiece] = useState<RawPiece>()
    const [pretty, setPretty] = useState<string | null>()
    useEffect(() => {
        if (form === 'raw') current().ask('raw', entry.key, from, Math.min(PIECE, entry.len - from)).then(setPiece, tell)
        else current().ask('pretty', entry.key).then(setPretty, tell)
    }, [entry.key, form, from])
    const html = form === 'raw' ? piece?.html : pretty
    return (
        <section class="line" aria-label="Line of the log">
            <div class="switch" role="group" aria-label="Form of the line">
                <button aria-pressed={form === 'raw'} onClick={() => setForm('raw')}>
                    As it stands
                </button>
                <button aria-pressed={form === 'indented'} onClick={() => setForm('indented')}>
                    Indented
                </button>
            </div>
            {form === 'raw' && entry.len > PIECE && <Pieces entry={entry} from={from} setFrom={setFrom} />}
            {html === null && <p class="none">This line is too long to be indented, or is no JSON.</p>}
            {html != null && <pre class={`raw ${form}`} dangerouslySetInnerHTML={{ __html: sanitise(html) }} />}
        </section>
    )
}

function Pieces({ entry, from, setFrom }: { entry: Detail; from: number; setFrom: (from: number) => void }) {
    const last = Math.floor((entry.len - 1) / PIECE) * PIECE
    const end = Math.min(entry.len, from + PIECE)
    return (
        <div class="pieces">
            <button class="button small" disabled={from === 0} onClick={() => setFrom(0)}>
                Start
            </button>
            <button class="button small" disabled={from === 0} onClick={() => setFrom(from - PIECE)}>
                Back
            </button>
            <span>
                {number(from)} to {number(end)} of {bytes(entry.len)}
            </span>
            <button class="button small" disabled={from >= last} onClick={() => setFrom(from + PIECE)}>
                On
            </button>
            <button class="button small" disabled={from >= last} onClick={() => setFrom(last)}>
                End
            </button>
        </div>
    )
}
