// Owns: the parts of an entry: prose, thinking, tool calls with their results, pictures, notes, sections, fields, data.
// Invariant: text of a session is set as text; the only HTML is markdown that passed `sanitise`.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { Block, Clipped, Named } from '../../protocol'
import { bytes, count } from '../../text/format'
import { sanitise } from '../../text/sanitise'
import { brief, visible } from '../../text/plain'
import { addCopy } from '../copy'
import { Icon } from '../icon'
import { Counted, Diff } from './diff'
import { isOpen, toggle } from './folds'
import { LongText } from './long'

interface Props {
    block: Block
    /** Key of the entry. */
    of: string
    /** Number of the block in the entry. */
    number: number
}

export function BlockView({ block, of, number }: Props) {
    switch (block.kind) {
        case 'prose':
            return <Prose block={block} of={of} number={number} />
        case 'thinking':
            return <Folded name="Thinking" text={block.text} of={of} number={number} look="thinking" />
        case 'call':
            return <Call block={block} of={of} number={number} />
        case 'output':
            return <Output block={block} of={of} number={number} />
        case 'image':
            return <Picture block={block} />
        case 'note':
            return <p class="note">{visible(block.text)}</p>
        case 'part':
            return <Part block={block} of={of} number={number} />
        case 'fields':
            return <FieldsOf block={block} of={of} number={number} />
        case 'data':
            return <Folded name={block.name} text={block.text} of={of} number={number} look="data" />
    }
}

type Of<Kind extends Block['kind']> = Extract<Block, { kind: Kind }>

function Prose({ block, of, number }: Props & { block: Of<'prose'> }) {
    const html = useMemo(() => sanitise(block.html), [block.html])
    const box = useRef<HTMLDivElement>(null)
    useEffect(() => box.current?.querySelectorAll('pre').forEach(addCopy), [html])
    const { source } = block
    return (
        <>
            <div class="prose" ref={box} dangerouslySetInnerHTML={{ __html: html }} />
            {source.total > source.text.length && source.total > 16_384 && (
                <LongText text={{ text: '', total: source.total }} of={of} at={[number]} skip={16_384} />
            )}
        </>
    )
}

function Fold({ place, head, look, children }: { place: string; head: preact.ComponentChildren; look: string; children: () => preact.ComponentChildren }) {
    const open = isOpen(place, look.split(' ', 1)[0]!)
    return (
        <div class={`fold ${look} ${open ? 'open' : ''}`}>
            <button class="fold-head" aria-expanded={open} onClick={() => toggle(place, !open)} data-fold={place}>
                <Icon name="chevron" />
                {head}
            </button>
            {open && <div class="fold-body">{children()}</div>}
        </div>
    )
}

function Folded({ name, text, of, number, look }: { name: string; text: Clipped; of: string; number: number; look: string }) {
    const head = (
        <>
            <b>{visible(name)}</b>
            <span class="fold-brief">{brief(text.text, 120)}</span>
            <span class="fold-size">{sizeOf(text)}</span>
        </>
    )
    return (
        <Fold place={`${of} ${number}`} head={head} look={look}>
            {() => <LongText text={text} of={of} at={[number]} />}
        </Fold>
    )
}

function sizeOf(text: Clipped): string {
    const lines = text.text.split('\n').length
    return text.total > text.text.length + 64 ? bytes(text.total) : count(lines, 'line')
}

function Call({ block, of, number }: Props & { block: Of<'call'> }) {
    const { output, change } = block
    const state = output === undefined ? 'open' : output.failed ? 'failed' : 'done'
    const without = block.outcome === undefined ? 'no result' : brief(block.outcome, 40)
    const head = (
        <>
            <b>{block.tool}</b>
            <code class="fold-brief">{block.brief}</code>
            {change && <Counted of={change} />}
            {output?.failed && <span class="fold-size bad">failed</span>}
            {output && !output.failed && !change && <span class="fold-size">{printedSize(output.parts)}</span>}
            {!output && <span class="fold-size">{without}</span>}
        </>
    )
    return (
        <Fold place={`${of} ${number}`} head={head} look={`call ${state}`}>
            {() => (
                <>
                    {change && <Diff of={change} />}
                    <Arguments named={block.args} of={of} number={number} but={change?.told} />
                    {block.outcome !== undefined && <p class="note">{visible(block.outcome)}</p>}
                    {output && (
                        <div class={`result ${output.failed ? 'failed' : ''}`}>
                            <span class="argument-name">{output.failed ? 'failed' : 'result'}</span>
                            {output.parts.length === 0 && <p class="none">no output</p>}
                            {output.parts.map((part, at) =>
                                part.kind === 'output' ? (
                                    <LongText key={at} text={part.text} html={part.html} of={output.key || of} at={output.key ? [part.at ?? at] : [number, block.args.length]} />
                                ) : (
                                    <BlockView key={at} block={part} of={output.key || of} number={part.at ?? at} />
                                ),
                            )}
                        </div>
                    )}
                </>
            )}
        </Fold>
    )
}

/** A section of the prompt, or a tool: folded, as prompts are long. */
function Part({ block, of, number }: Props & { block: Of<'part'> }) {
    const name = `${block.what} ${visible(block.name)}`
    if (block.text.total === 0) return <p class="note">{name}</p>
    return <Folded name={name} text={block.text} of={of} number={number} look="part" />
}

function FieldsOf({ block, of, number }: Props & { block: Of<'fields'> }) {
    return (
        <div class="fields">
            {block.of !== '' && <span class="fields-name">{visible(block.of)}</span>}
            <Arguments named={block.fields} of={of} number={number} />
        </div>
    )
}

function Arguments({ named, of, number, but = [] }: { named: Named[]; of: string; number: number; but?: string[] | undefined }) {
    return (
        <>
            {named.map(
                ({ name, value }, at) =>
                    !but.includes(name) && (
                        <div class="argument" key={at}>
                            {name !== '' && <span class="argument-name">{name}</span>}
                            <LongText text={value} of={of} at={[number, at]} />
                        </div>
                    ),
            )}
        </>
    )
}

function printedSize(parts: Block[]): string {
    const pictures = parts.filter(part => part.kind === 'image').length
    const texts = parts.flatMap(part => (part.kind === 'output' ? [part.text] : []))
    const text = texts.length === 1 && texts[0] ? (texts[0].total === 0 ? 'no output' : sizeOf(texts[0])) : texts.length > 1 ? `${texts.length} parts` : ''
    return [text, pictures > 0 ? count(pictures, 'picture') : ''].filter(Boolean).join(', ')
}

/** What a tool printed whose call is not near: shown if short. */
function Output({ block, of, number }: Props & { block: Of<'output'> }) {
    const { text, failed } = block
    if (text.total === 0) return <p class="none">no output</p>
    if (text.total < 1200 && text.text.split('\n').length < 14) {
        return (
            <div class={failed ? 'result failed' : 'result'}>
                <LongText text={text} of={of} at={[number]} />
            </div>
        )
    }
    return <Folded name={failed ? 'Failed' : 'Output'} text={text} of={of} number={number} look={failed ? 'call failed' : 'call done'} />
}

function Picture({ block }: { block: Of<'image'> }) {
    const [address, setAddress] = useState<string>()
    const [broken, setBroken] = useState(false)
    useEffect(() => {
        if (!block.blob) return undefined
        const address = URL.createObjectURL(block.blob)
        setAddress(address)
        return () => URL.revokeObjectURL(address)
    }, [block.blob])
    if (!block.blob || broken) {
        const what = visible(block.mime) || 'of no named type'
        return <p class="note">{`Picture not shown: ${what}, ${bytes(block.bytes)}; it is no PNG, JPEG, GIF, WebP, AVIF or BMP.`}</p>
    }
    return (
        <figure class="picture">
            {address && <img src={address} alt={`Picture, ${block.mime}`} onError={() => setBroken(true)} decoding="async" />}
            <figcaption>{`${block.mime}, ${bytes(block.bytes)}`}</figcaption>
        </figure>
    )
}
