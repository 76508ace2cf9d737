// Owns: what the page says when something cannot be done: what it is, and what to do now.
import type { Failure } from '../protocol'

export interface Words {
    title: string
    text: string
}

const TITLES: Partial<Record<Failure['code'], string>> = {
    changed: 'The file changed while it was open',
    io: 'The file cannot be read',
    'no-entry': 'There is no such entry',
    'newer-version': 'This session is of a newer format',
    'v1-unreadable': 'Neither snapshot nor backup can be read',
    'too-large': 'That is too large to show at once',
    internal: 'The inspector failed',
}

const CURES: Partial<Record<Failure['code'], string>> = {
    changed: 'What is shown may be out of date. Open it again to see it as it is now.',
    io: 'Open it again; if it is still being copied or written, wait until that is done.',
    'no-entry': 'The link may belong to another session, or the entry was rolled back.',
    'v1-unreadable': 'Choose the snapshot (.json) together with its journal (.journal.jsonl) and backup (.bak).',
    internal: 'Reload the page. If it happens again, the session and the words below make a good report.',
}

export function wordsOf(failure: Failure): Words {
    const place = failure.offset === undefined ? '' : ` (byte ${failure.offset})`
    const cure = CURES[failure.code]
    return {
        title: TITLES[failure.code] ?? 'That could not be done',
        text: `${failure.message}${place}.${cure ? ` ${cure}` : ''}`.replace(/\.\./, '.'),
    }
}
