// Owns: how a pass over the log looks: how far it is, how to end it, how to start it again.
import type { Going } from '../state/current'
import { bytes } from '../text/format'

interface Props {
    pass: Going
    doing: string
    cancelled: string
    again: string
    idle?: string
    start(): void
    stop(): void
}

export function Passing({ pass, doing, cancelled, again, idle, start, stop }: Props) {
    if (pass.at === 'running') {
        return (
            <div class="passing" role="status">
                <span>
                    {doing} {pass.total > 0 && <span class="faint">{`${bytes(pass.done)} of ${bytes(pass.total)}`}</span>}
                </span>
                <progress max={pass.total || 1} value={pass.total ? pass.done : undefined} aria-label={doing} />
                <button class="button small" onClick={stop}>
                    Cancel
                </button>
            </div>
        )
    }
    const words = pass.at === 'cancelled' ? cancelled : pass.at === 'idle' ? idle : undefined
    if (words === undefined) return null
    return (
        <div class="passing">
            <span>{words}</span>
            <button class="button small" onClick={start}>
                {again}
            </button>
        </div>
    )
}
