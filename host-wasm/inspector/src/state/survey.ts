// Owns: what the entries of the scope are, read once for filters and for the outline of prompts.
// Invariant: it is of the scope that is shown, from its first entry on; it is read only when somebody wants it, and
// batches come while it is read.
import { batch, effect, signal, untracked } from '@preact/signals'
import { IS, type Prompt, type Scope } from '../protocol'
import { current, type Going, isCurrent, summary, tell } from './current'
import { labels, timeline } from './session'
import { onlyTail, pick, picked, scope } from './transcript'

/** Entries of a batch. */
const BATCH = 400
/** Logs up to this length are read without being asked to. */
const READ_AT_ONCE = 16 * 1024 * 1024
/** Milliseconds between two times that the rows of a filter are shown while it is read. */
const SHOWN_EVERY = 300

export type Filter = { only: 'all' | 'prompts' | 'said' | 'tools' | 'labelled' } | { only: 'tool'; tool: string }

export const filter = signal<Filter>({ only: 'all' })
export const prompts = signal<Prompt[]>([])
/** Calls of each tool. */
export const tools = signal(new Map<string, number>())
export const surveying = signal<Going>({ at: 'idle' })

let is: number[] = []
let called = new Map<number, string[]>()
let of: Scope | null = null
let run = 0
let applied: Filter | undefined
let shownAt = 0

/** Reads the scope, unless that was done; goes on where it has grown. */
export async function survey(): Promise<void> {
    if (onlyTail.value || (of === scope.value && surveying.value.at === 'running')) return
    const here = scope.value
    if (of !== here) clear(here)
    const mine = ++run
    const engine = current()
    try {
        const total = await lengthOf(here)
        while (is.length < total) {
            surveying.value = { at: 'running', done: is.length, total }
            const first = is.length
            const found = await engine.ask('survey', here, first, BATCH)
            if (mine !== run || !isCurrent(engine)) return
            if (found.is.length === 0) break
            batch(() => {
                is.push(...found.is)
                for (const [at, names] of found.tools) called.set(at, names)
                if (found.prompts.length > 0) prompts.value = prompts.value.concat(found.prompts)
                if (found.tools.length > 0) tools.value = counted(tools.value, found.tools)
            })
            if (performance.now() - shownAt > SHOWN_EVERY) await apply()
        }
        surveying.value = { at: 'done' }
        await apply()
    } catch (error) {
        if (mine !== run) return
        surveying.value = { at: 'cancelled' }
        tell(error)
    }
}

function counted(before: Map<string, number>, found: [number, string[]][]): Map<string, number> {
    const all = new Map(before)
    for (const [, names] of found) for (const name of names) all.set(name, (all.get(name) ?? 0) + 1)
    return all
}

function clear(here: Scope | null): void {
    run += 1
    is = []
    called = new Map()
    of = here
    batch(() => {
        prompts.value = []
        tools.value = new Map()
        surveying.value = { at: 'idle' }
    })
}

async function lengthOf(here: Scope): Promise<number> {
    return here.kind === 'all' ? (summary.value?.entry_count ?? 0) : (await current().ask('path', here.leaf)).length
}

/** Shows only what a filter lets through. */
export async function only(next: Filter): Promise<void> {
    filter.value = next
    if (next.only === 'all') return pick(null, await lengthOf(scope.value), false)
    if (surveying.value.at === 'done' && of === scope.value) await apply()
    else await survey()
}

/** Shows what is known so far to pass the filter. */
async function apply(): Promise<void> {
    const now = filter.value
    if (now.only === 'all') return
    const at = now.only === 'labelled' ? await labelled() : matching(now)
    if (now !== filter.value) return
    pick(at, is.length, applied === now)
    applied = now
    shownAt = performance.now()
}

function matching(now: Filter): number[] {
    const bits = { all: ~0, prompts: IS.prompt, said: IS.prompt | IS.said, tools: IS.call, tool: IS.call, labelled: 0 }[now.only]
    const wanted = (at: number) => now.only !== 'tool' || called.get(at)?.includes(now.tool) === true
    return is.flatMap((mark, at) => (mark & bits && wanted(at) ? [at] : []))
}

async function labelled(): Promise<number[]> {
    const here = scope.value
    const at = await Promise.all(
        labels.value.map(async ({ entry_id }) => {
            const place = await current().ask('place', entry_id).catch(() => null)
            if (!place) return -1
            if (here.kind === 'all') return place.seq
            const [row] = await current().ask('rows', here, place.position, 1)
            return row?.key === place.key ? place.position : -1
        }),
    )
    return at.filter(at => at >= 0).sort((a, b) => a - b)
}

// Another scope, or a row that a filter hid: the filter is gone.
effect(() => {
    void scope.value
    if (picked.value === null && filter.peek().only !== 'all') filter.value = { only: 'all' }
})
effect(() => {
    if (onlyTail.value || scope.value !== of) untracked(() => clear(null))
})
// What is read in a moment is read before it is wanted; what has come since belongs to what was read.
effect(() => {
    const [here, size] = [scope.value, summary.value?.size_bytes ?? 0]
    if (timeline.value === null || onlyTail.value) return
    const isRead = of === here && surveying.peek().at === 'done'
    if (isRead || size <= READ_AT_ONCE) untracked(() => void survey())
})
