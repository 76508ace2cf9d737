// Owns: saying over the transcript that a session is damaged, and what mends it.
import { signal } from '@preact/signals'
import { summary } from '../state/current'
import { findings } from '../state/session'
import { open } from '../state/shell'
import { count } from '../text/format'
import { visible } from '../text/plain'
import { Copy } from './copy'
import { Icon } from './icon'

/** The findings of which nobody wants to be told again. */
const dismissed = signal<unknown>(null)

export function Damage() {
    const all = findings.value
    const errors = all.filter(finding => finding.severity === 'error').length
    if (errors === 0 || dismissed.value === all) return null
    const mends = all.some(({ message }) => message.includes('`repair`'))
    const command = `jcode-session repair ${quoted(summary.value?.path ?? '')}`
    return (
        <div class="notice" role="alert">
            <Icon name="warning" />
            <p>
                <strong>This session is damaged.</strong> {count(errors, 'error')} found; what can be read is shown.{' '}
                {mends && (
                    <>
                        <span class="cure">
                            <code>{visible(command)}</code>
                            <Copy text={() => command} icon="copy" words="Copy the command" />
                        </span>{' '}
                        mends it.{' '}
                    </>
                )}
                <button class="plain" onClick={() => open('findings')}>
                    Findings
                </button>
            </p>
            <button class="tool" aria-label="Dismiss" onClick={() => (dismissed.value = all)}>
                <Icon name="close" />
            </button>
        </div>
    )
}

/** A path as one word of a shell. */
function quoted(path: string): string {
    return /^[\w./@%+=:,~-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}
