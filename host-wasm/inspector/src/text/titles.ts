// Owns: by which words a session is called.
import type { Summary } from '../protocol'

/** What of a summary may name a session. */
export type Named = Partial<Pick<Summary, 'title' | 'first_prompt' | 'preview' | 'session_id'>>

/** `/model gpt` asks the program for something, not the model. */
const isCommand = (text: string) => /^\s*\/[\w-]+(\s|$)/.test(text)

/** Its title, else what was asked first, but for commands of the program. */
export function titleOf(session: Named): string {
    const said = [session.first_prompt, session.preview].filter(text => text != null && text.trim() !== '')
    return session.title ?? said.find(text => !isCommand(text!)) ?? said[0] ?? session.session_id ?? ''
}
