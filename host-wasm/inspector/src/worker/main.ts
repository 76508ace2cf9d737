// Owns: the worker's message loop: one request, one answer, progress in between.
// Invariant: every request is answered, also when the session is bad or the engine fails.
import type { Action, Failure, Reply, Request } from '../protocol'
import { actions } from './actions'

const post = (reply: Reply) => postMessage(reply)

/** Reports of progress are dropped if one was sent a moment ago. */
function throttled(id: number): (done: number, total: number) => boolean {
    let last = 0
    return (done, total) => {
        const now = performance.now()
        if (now - last > 50) {
            last = now
            post({ id, done, total })
        }
        return true
    }
}

function failure(error: unknown): Failure {
    if (!(error instanceof Error)) return { code: 'internal', message: String(error) }
    const { code, offset } = error as { code?: Failure['code']; offset?: number }
    const found: Failure = { code: code ?? 'internal', message: error.message }
    if (offset !== undefined) found.offset = offset
    return found
}

// Requests wait for each other: opening loads the engine first.
let before: Promise<void> = Promise.resolve()

onmessage = ({ data }: MessageEvent<Request>) => {
    before = before.then(async () => {
        try {
            const act = actions[data.action as Action] as (progress: unknown, ...args: unknown[]) => unknown
            post({ id: data.id, value: await act(throttled(data.id), ...data.args) })
        } catch (error) {
            post({ id: data.id, failure: failure(error) })
        }
    })
}
