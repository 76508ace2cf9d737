// Owns: what `verify` found, each with its place to go to.
import type { Finding } from '../../protocol'
import { cancel, current, notice, tell } from '../../state/current'
import { findings, verify, verifying } from '../../state/session'
import { details, drawer } from '../../state/shell'
import { go } from '../../state/transcript'
import { count, number } from '../../text/format'
import { visible } from '../../text/plain'
import { Icon } from '../icon'
import { List } from '../list/list'
import { Passing } from '../passing'

/** Goes to the entry that a finding is about, or to the one nearest to its place. */
async function visit(finding: Finding): Promise<void> {
    drawer.value = false
    try {
        const at = finding.byte_offset
        const key = finding.entry_id ?? (at === null ? null : await current().ask('entryAt', at))
        if (key === null) {
            const where = at === null ? 'the session as a whole' : `byte ${number(at)}, which no entry holds`
            notice.value = { title: finding.code, text: `This finding is about ${where}. ${finding.message}` }
            return
        }
        details.value = true
        await go(key)
    } catch (error) {
        tell(error)
    }
}

export function Findings() {
    const all = findings.value
    const pass = verifying.value
    const errors = all.filter(finding => finding.severity === 'error').length
    return (
        <>
            <Passing
                pass={pass}
                doing="Verifying"
                cancelled="Verifying was cancelled."
                again="Verify"
                idle="Not verified yet: that reads all of the log."
                start={() => void verify()}
                stop={() => cancel('verify')}
            />
            {pass.at === 'done' && all.length === 0 && (
                <p class="nothing">
                    <Icon name="check" />
                    Every byte was read. Nothing is wrong with this session.
                </p>
            )}
            {all.length > 0 && (
                <p class="pane-head">
                    {count(errors, 'error')}, {count(all.length - errors, 'warning')}
                </p>
            )}
            <List
                count={all.length}
                estimate={84}
                label="Findings"
                role="list"
                of={all}
                version={0}
                row={index => <One finding={all[index]} />}
                attributes={() => ({ role: 'listitem' })}
            />
        </>
    )
}

function One({ finding }: { finding: Finding | undefined }) {
    if (!finding) return null
    const { code, severity, byte_offset, line, message } = finding
    return (
        <button class={`item finding ${severity}`} onClick={() => void visit(finding)}>
            <span class="finding-head">
                <span class={`dot ${severity === 'error' ? 'bad' : 'warn'}`} />
                <b>{code}</b>
                <span class="faint">
                    {line !== null && `line ${number(line)}`}
                    {byte_offset !== null && ` · byte ${number(byte_offset)}`}
                </span>
            </span>
            <span class="finding-words">{visible(message)}</span>
        </button>
    )
}
