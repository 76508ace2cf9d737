// Owns: which session is open: its engine, its summary, and what went wrong last.
import { signal } from '@preact/signals'
import type { Summary } from '../protocol'
import { Failed } from './client'
import { Engine, type Pass } from './engine'
import { wordsOf, type Words } from './words'

/** A pass over the log: idle, under way, cancelled, or done. */
export type Going = { at: 'idle' | 'cancelled' | 'done' } | { at: 'running'; done: number; total: number }

/** The pass that makes the index. */
export const indexing = signal<Going>({ at: 'idle' })
export const summary = signal<Summary | null>(null)
export const notice = signal<Words | null>(null)

let engine: Engine | undefined

/** The engine of the open session. */
export function current(): Engine {
    if (!engine) throw new Failed({ code: 'not-open', message: 'no session is open' })
    return engine
}

/** True as long as this engine's session is the one that is open. */
export function isCurrent(other: Engine): boolean {
    return engine === other
}

/** An engine for the next session; that of the one before is stopped. */
export function renew(): Engine {
    stop()
    engine = new Engine()
    return engine
}

export function stop(): void {
    engine?.stop()
    engine = undefined
}

/** Ends a pass, if it is under way. */
export function cancel(action: Pass): void {
    engine?.cancel(action)
}

export function inWords(error: unknown): Words {
    return wordsOf(error instanceof Failed ? error.failure : { code: 'internal', message: String(error) })
}

/** Puts what failed into words on the page. What was cancelled, or asked of a session that was left, is no failure. */
export function tell(error: unknown): void {
    const code = error instanceof Failed ? error.failure.code : 'internal'
    if (code !== 'cancelled' && code !== 'not-open') notice.value = inWords(error)
}
