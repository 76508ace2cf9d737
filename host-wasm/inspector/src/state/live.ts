// Owns: noticing that the files of the session that the server lists have changed.
// Invariant: only a page that is seen asks, and one question is under way at a time; one change is shown before the next
// is looked for.
import type { SessionFiles, Stored } from '../protocol'
import { listed } from './chosen'

/** Milliseconds between two looks. */
const PAUSE = 1000
/** A look waits this many times as long as showing the last change took. */
const PATIENCE = 3

let watching: { stopped: boolean } | undefined

/** Calls `changed` with the files whenever they are others, or longer, than before. */
export function watch(list: string, files: SessionFiles, changed: (files: SessionFiles) => Promise<void>): void {
    unwatch()
    const mine = { stopped: false }
    watching = mine
    void look(mine, list, stateOf(files), changed)
}

export function unwatch(): void {
    if (watching) watching.stopped = true
    watching = undefined
}

async function look(mine: { stopped: boolean }, list: string, state: string, changed: (files: SessionFiles) => Promise<void>): Promise<void> {
    let took = 0
    while (!mine.stopped) {
        await new Promise(resolve => setTimeout(resolve, Math.max(PAUSE, took * PATIENCE)))
        if (mine.stopped || document.hidden) continue
        // A server that is gone is told of by the next question of a person.
        const files = await listed(list).catch(() => null)
        if (mine.stopped || !files || stateOf(files) === state) continue
        state = stateOf(files)
        const started = performance.now()
        await changed(files)
        took = performance.now() - started
    }
}

/** What tells of the log or the v1 files; a sidecar that is written beside them is no change of the session. */
function stateOf({ log, v1 }: SessionFiles): string {
    const place = (stored: Stored | undefined) => (stored && 'url' in stored ? `${stored.url} ${stored.size}` : '')
    return [log, v1?.snapshot, v1?.journal].map(place).join('\n')
}
