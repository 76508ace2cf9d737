// Owns: the workers of a session: one answers at once, the others make the long passes, one each.
// Invariant: a pass never keeps a page waiting, and is cancelled by ending its worker, wherever it is. The worker that
// has made the index becomes the one that answers.
import type { Action, Answer, Arguments, Opened, SessionFiles, Summary } from '../protocol'
import { type Client, type OnProgress, worker } from './client'

/** What takes long. */
export type Pass = 'index' | 'search' | 'verify'

export class Engine {
    #reader = worker()
    readonly #passers = new Map<Pass, Client>()
    #files: SessionFiles | undefined

    open(files: SessionFiles, progress?: OnProgress): Promise<Opened> {
        this.#files = files
        return this.#reader.call('open', [files], progress)
    }

    /** A quick answer. */
    ask<A extends Action>(action: A, ...args: Arguments<A>): Promise<Answer<A>> {
        return this.#reader.call(action, args)
    }

    /** A pass in a worker of its own. */
    async pass<A extends Pass>(action: A, args: Arguments<A>, progress?: OnProgress): Promise<Answer<A>> {
        let passer = this.#passers.get(action)
        if (!passer) {
            passer = worker()
            this.#passers.set(action, passer)
            if (this.#files) await passer.call('open', [this.#files])
        }
        return passer.call(action, args, progress)
    }

    async index(progress: OnProgress): Promise<Summary> {
        const summary = await this.pass('index', [], progress)
        const indexed = this.#passers.get('index')
        if (!indexed) return summary
        this.#passers.delete('index')
        // The one that has answered so far has the session open, and can make a pass.
        const pass = (['verify', 'search'] as const).find(pass => !this.#passers.has(pass))
        if (pass) this.#passers.set(pass, this.#reader)
        else this.#reader.stop()
        this.#reader = indexed
        return summary
    }

    /** Ends a pass, if it is under way. */
    cancel(pass: Pass): void {
        this.#passers.get(pass)?.stop()
        this.#passers.delete(pass)
    }

    stop(): void {
        for (const passer of this.#passers.values()) passer.stop()
        this.#reader.stop()
    }
}
