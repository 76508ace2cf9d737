// Owns: one entry of the transcript.
import type { Row } from '../../protocol'
import { current } from '../../state/current'
import { names } from '../../state/session'
import { details } from '../../state/shell'
import { cursor, inspect } from '../../state/transcript'
import { linkTo } from '../../state/route'
import { bytes, clock, time } from '../../text/format'
import { visible } from '../../text/plain'
import { Copy } from '../copy'
import { BlockView } from './block'

export function RowView({ row, follows }: { row: Row; follows: boolean }) {
    if (row.within !== undefined) return null
    const on = cursor.value?.key === row.key ? 'on' : ''
    const name = names.value.get(row.key)
    const blocks = row.blocks.map((block, number) => <BlockView key={number} block={block} of={row.key} number={block.at ?? number} />)
    const head = (
        <>
            {name !== undefined && <span class="chip label">{visible(name)}</span>}
            {row.blocks.some(({ kind }) => kind === 'prose') && (
                <span class="row-copy">
                    <Copy text={() => saidIn(row)} icon="copy" words="Copy the message" />
                </span>
            )}
            <a class="row-time" href={linkTo(row.key)} title={`${time(row.at)} UTC · ${visible(row.key)}`} draggable={false}>
                {clock(row.at) || 'no time'}
            </a>
        </>
    )
    if (row.voice === 'change' && row.blocks.every(({ kind }) => kind === 'note')) {
        return (
            <div class={`row voice-change ${on}`}>
                <span class="row-name">{row.name.replaceAll('_', ' ')}</span>
                {blocks}
                {head}
            </div>
        )
    }
    return (
        <div class={`row voice-${row.voice} ${on} ${follows ? 'follows' : ''}`}>
            <div class="row-head">
                {!follows && <span class="row-name">{NAMES[row.name] ?? row.name}</span>}
                {!follows && row.detail !== '' && <span class="row-detail">{row.detail}</span>}
                {head}
            </div>
            {row.huge ? <Huge row={row} /> : blocks}
        </div>
    )
}

/** All that is said in an entry, as it was written. */
async function saidIn(row: Row): Promise<string> {
    const texts = row.blocks.map(async (block, number) => {
        if (block.kind !== 'prose') return []
        const { text, total } = block.source
        return total <= text.length ? [text] : [(await current().ask('more', row.key, [block.at ?? number], total)).text]
    })
    return (await Promise.all(texts)).flat().join('\n\n')
}

const NAMES: Record<string, string> = {
    user: 'You',
    assistant: 'Assistant',
    system: 'System',
    toolResult: 'Tool result',
    bashExecution: 'Shell',
    compaction: 'Compaction',
    compactionSummary: 'Compaction',
    branch_summary: 'Summary of a branch',
    branchSummary: 'Summary of a branch',
    custom_message: 'Message of an extension',
    custom: 'Data',
    context_edit: 'Edit of the context',
}

function Huge({ row }: { row: Row }) {
    const show = () => {
        inspect(row)
        details.value = true
    }
    return (
        <p class="huge">
            This entry is {bytes(row.len)} long, too long to be laid out as a message.{' '}
            <button class="plain" onClick={show}>
                Look at its raw line
            </button>
        </p>
    )
}
