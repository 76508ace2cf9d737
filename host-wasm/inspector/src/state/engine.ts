// Owns: the workers of a session: one answers at once, the others make the long passes, one each.
// Invariant: a pass never keeps a page waiting, and is cancelled by ending its worker, wherever it is. The worker that
// has made the index becomes the one that answers; also when the files have grown, so that it answers of them all.
import type { Action, Answer, Arguments, Opened, SessionFiles, Summary } from '../protocol'
import { type Client, type OnProgress, worker } from './client'

/** What takes long. */
export type Pass = 'index' | 'verify'

export class Engine {
    #reader = worker()
    readonly #passers = new Map<Pass, Client>()
    #files: SessionFiles | undefined

    /** Opens the files with the smaller engine, which reads a sidecar's first pages but not its rows. */
    open(files: SessionFiles, progress?: OnProgress): Promise<Opened> {
        this.#files = files
        return this.#reader.call('open', [files, false], progress)
    }

    /** A quick answer. */
    ask<A extends Action>(action: A, ...args: Arguments<A>): Promise<Answer<A>> {
        return this.#reader.call(action, args)
    }

    /** A pass in a worker of its own. */
    async pass<A extends Pass>(action: A, args: Arguments<A>, progress?: OnProgress): Promise<Answer<A>> {
        const passer = this.#passers.get(action) ?? (await this.#passer(action))[0]
        return passer.call(action, args, progress)
    }

    /** Makes an index, unless a sidecar is one; to count tokens too, all of the log is read in any case. */
    async index(progress: OnProgress, tokens = false): Promise<Summary> {
        const [indexer, opened] = await this.#passer('index')
        const summary = opened.indexed && !tokens ? opened.summary : await indexer.call('index', [], progress)
        this.#replace(indexer)
        return summary
    }

    /** Makes an index of the files as they are now. */
    async renew(files: SessionFiles): Promise<Summary> {
        this.#files = files
        this.cancel('verify')
        const [indexer] = await this.#passer('index', false)
        const summary = await indexer.call('index', [])
        this.#replace(indexer)
        return summary
    }

    #replace(reader: Client): void {
        this.#passers.delete('index')
        this.#reader.retire()
        this.#reader = reader
    }

    async #passer(pass: Pass, rows = true): Promise<[Client, Opened]> {
        if (!this.#files) throw new Error('no session is open')
        const passer = worker()
        this.#passers.set(pass, passer)
        return [passer, await passer.call('open', [this.#files, rows])]
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
