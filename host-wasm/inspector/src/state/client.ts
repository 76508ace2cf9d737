// Owns: one worker as an object with promises.
// Invariant: every call ends: with the answer, or with a `Failed`; a worker that is stopped or dies fails all its calls.
import type { Action, Answer, Arguments, Failure, Reply, Request } from '../protocol'

/** What a call fails with. */
export class Failed extends Error {
    readonly failure: Failure

    constructor(failure: Failure) {
        super(failure.message)
        this.failure = failure
    }
}

export type OnProgress = (done: number, total: number) => void

interface Pending {
    resolve(value: unknown): void
    reject(error: Failed): void
    progress?: OnProgress | undefined
}

export class Client {
    readonly #worker = new Worker(new URL('../worker/main.ts', import.meta.url), { type: 'module' })
    readonly #pending = new Map<number, Pending>()
    #last = 0
    #isRetired = false

    constructor() {
        this.#worker.onmessage = ({ data }: MessageEvent<Reply>) => this.#answer(data)
        this.#worker.onerror = event => {
            event.preventDefault()
            this.#failAll({ code: 'internal', message: event.message || 'the worker could not be started' })
        }
    }

    call<A extends Action>(action: A, args: Arguments<A>, progress?: OnProgress): Promise<Answer<A>> {
        const id = ++this.#last
        const request: Request = { id, action, args }
        return new Promise<unknown>((resolve, reject) => {
            this.#pending.set(id, { resolve, reject, progress })
            this.#worker.postMessage(request)
        }) as Promise<Answer<A>>
    }

    /** Ends the worker once it has answered what it was asked. */
    retire(): void {
        this.#isRetired = true
        if (this.#pending.size === 0) this.stop()
    }

    /** Ends the worker, whatever it does. */
    stop(): void {
        this.#worker.terminate()
        this.#failAll({ code: 'cancelled', message: 'cancelled' })
    }

    #answer(reply: Reply): void {
        const pending = this.#pending.get(reply.id)
        if (!pending) return
        if ('done' in reply) {
            pending.progress?.(reply.done, reply.total)
            return
        }
        this.#pending.delete(reply.id)
        if ('failure' in reply) pending.reject(new Failed(reply.failure))
        else pending.resolve(reply.value)
        if (this.#isRetired && this.#pending.size === 0) this.stop()
    }

    #failAll(failure: Failure): void {
        for (const pending of this.#pending.values()) pending.reject(new Failed(failure))
        this.#pending.clear()
    }
}

let spare: Client | undefined

/** Starts a worker ahead of need, with the smaller engine loaded. */
export function prepare(): void {
    spare ??= new Client()
    spare.call('prepare', []).catch(() => undefined)
}

/** A worker: the one that was started ahead, if there is one. */
export function worker(): Client {
    const client = spare ?? new Client()
    spare = undefined
    return client
}
