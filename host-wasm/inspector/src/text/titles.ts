// Owns: by which words a session is called.
import type { Summary } from '../protocol'

/** What of a summary may name a session. */
export type Named = Partial<Pick<Summary, 'title' | 'first_prompt' | 'session_id'>>

/** Its title, else what was asked first. */
export function titleOf(session: Named): string {
    return session.title ?? session.first_prompt ?? session.session_id ?? ''
}
