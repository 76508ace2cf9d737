// Owns: the rows of one scope that were fetched, in pages, and which are on their way.
// Invariant: at most `KEPT` pages are held, those that were asked for last; an answer for an earlier scope is dropped.
import { signal } from '@preact/signals'
import type { Row } from '../protocol'

export const PAGE = 48
const KEPT = 40

export type Fetch = (first: number, count: number) => Promise<Row[]>

export class Pages {
    /** Changes whenever rows came in. */
    readonly tick = signal(0)
    readonly #pages = new Map<number, Row[]>()
    readonly #asked = new Set<number>()
    readonly #stale = new Set<number>()
    readonly #fetch: Fetch
    readonly #failed: (error: unknown) => void

    constructor(fetch: Fetch, failed: (error: unknown) => void) {
        this.#fetch = fetch
        this.#failed = failed
    }

    /** Rows from `index` on may be others now; those that are held are shown until the others have come. */
    renew(index: number): void {
        for (const page of this.#pages.keys()) if ((page + 1) * PAGE > index) this.#stale.add(page)
        this.tick.value += 1
    }

    /** A row, if it is there. */
    at(index: number): Row | undefined {
        return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE]
    }

    /** Sees to it that the rows from `first` to `last` come. */
    want(first: number, last: number): void {
        for (let page = Math.floor(first / PAGE); page <= Math.floor(last / PAGE); page++) void this.page(page)
    }

    /** A row, when it has come. */
    async get(index: number): Promise<Row | undefined> {
        await this.page(Math.floor(index / PAGE))
        return this.at(index)
    }

    async page(page: number): Promise<void> {
        const held = this.#pages.get(page)
        if (held && !this.#stale.has(page)) {
            this.#pages.delete(page)
            this.#pages.set(page, held)
            return
        }
        if (this.#asked.has(page)) {
            // Somebody waits for it already; its coming is enough for a list, `get` looks again.
            await this.#arrival(page)
            return
        }
        this.#asked.add(page)
        try {
            this.#stale.delete(page)
            const rows = await this.#fetch(page * PAGE, PAGE)
            this.#pages.set(page, rows)
            const oldest = this.#pages.size > KEPT ? this.#pages.keys().next().value : undefined
            if (oldest !== undefined) this.#pages.delete(oldest)
        } catch (error) {
            this.#failed(error)
        } finally {
            this.#asked.delete(page)
            this.tick.value += 1
        }
    }

    #arrival(page: number): Promise<void> {
        return new Promise(resolve => {
            const stop = this.tick.subscribe(() => {
                if (this.#asked.has(page)) return
                queueMicrotask(() => stop())
                resolve()
            })
        })
    }
}
