import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Entry } from '../../../../jcode_session_wasm'
import type { Block, Named, Row } from '../../protocol'
import { briefOf, more, row, rows } from './index'

const entry = (value: unknown, seq = 0): Entry => {
    const line = typeof value === 'string' ? value : JSON.stringify(value)
    return { seq, key: `k${seq}`, parent_id: null, kind: String((value as { type?: string }).type), ts: null, offset: 0, len: line.length, line }
}
const message = (content: unknown, fields = {}, seq = 0) =>
    entry({ type: 'message', message: { role: 'assistant', content, ...fields } }, seq)
const call = (id: string, seq: number) => message([{ type: 'toolCall', id, name: 'bash', arguments: { command: 'ls' } }], {}, seq)
const result = (id: string, seq: number, isError = false) =>
    message([{ type: 'text', text: `of ${id}` }], { role: 'toolResult', toolCallId: id, isError }, seq)

/** A line of `tests/shown`. */
interface Case {
    about: string
    entry: unknown
    shows: string[]
    hides: string[]
}

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

test('HTML in a message is text', () => {
    const [block] = row(message('<img src=x onerror=alert(1)><script>alert(1)</script>')).blocks
    expect(block).toMatchObject({ kind: 'prose', html: expect.not.stringMatching(/<img|<script/) })
})

test('a remote picture in markdown is a link', () => {
    const [block] = row(message('![a](https://evil.example/a.png) [b](javascript:alert(1))')).blocks
    const html = block?.kind === 'prose' ? block.html : ''
    expect(html).toContain('<a href="https://evil.example/a.png">')
    expect(html).not.toMatch(/<img|href="javascript/)
})

test('only base64 whose bytes are those of a raster format is a picture', () => {
    const blob = (mimeType: string, data: string) => {
        const [block] = row(message([{ type: 'image', mimeType, data }])).blocks
        return block?.kind === 'image' ? block.blob?.type : undefined
    }
    expect(blob('image/png', PIXEL)).toBe('image/png')
    expect(blob('text/html', PIXEL)).toBe('image/png')
    expect(blob('image/svg+xml', btoa('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'))).toBeUndefined()
    expect(blob('image/png', btoa('<script>alert(1)</script>'))).toBeUndefined()
    expect(blob('image/png', 'not base64!')).toBeUndefined()
})

/** All that is seen of a row, in any order. */
function seen(shown: Row): string {
    const texts = (block: Block): string[] => {
        switch (block.kind) {
            case 'prose':
                return [block.source.text]
            case 'call':
                return [block.tool, block.outcome ?? '', ...block.args.flatMap(namedTexts), ...(block.output?.parts ?? []).flatMap(texts)]
            case 'note':
                return [block.text]
            case 'part':
                return [`${block.what} ${block.name}`, block.text.text]
            case 'fields':
                return [block.of, ...block.fields.flatMap(namedTexts)]
            case 'data':
                return [block.name, block.text.text]
            case 'image':
                return [block.mime]
            default:
                return [block.text.text]
        }
    }
    return [shown.name, shown.detail, ...shown.blocks.flatMap(texts)].join('\n')
}
const namedTexts = ({ name, value }: Named) => [name, value.text]

const lines = readFileSync(new URL('../../../../../tests/shown/entries.jsonl', import.meta.url), 'utf8').trim().split('\n')
test.each(lines.map(line => JSON.parse(line) as Case))('shown as elsewhere: $about', ({ entry: one, shows, hides }) => {
    const shown = row(entry(one))
    expect(shown.blocks).not.toHaveLength(0)
    for (const words of shows) expect(seen(shown)).toContain(words)
    for (const words of hides) expect(seen(shown)).not.toContain(words)
    expect(briefOf(shown)).not.toBe('')
})

test('all of a result belongs to its call', () => {
    const answer = message([{ type: 'text', text: 'done' }], { role: 'toolResult', toolCallId: 'c', details: { diff: '-a\n+b' }, nestedCalls: { calls: [{ name: 'read', status: 'ok' }], complete: true } }, 1)
    const [asked, answered] = rows((first, count) => [call('c', 0), answer].slice(Math.max(0, first), first + count), 0, 2)
    expect(answered).toMatchObject({ within: 'k0', blocks: [] })
    const [block] = asked?.blocks ?? []
    expect(block?.kind === 'call' && block.output?.parts.map(({ kind }) => kind)).toEqual(['output', 'call', 'fields'])
    expect(more(answer, [2, 0], 100).text).toBe('-a\n+b')
})

test('no shape of an entry is refused', () => {
    const odd = ['not json', '[]', 'null', '{"type":1}', { type: 'message' }, { type: 'message', message: null }, { type: 'message', message: [] }]
    const contents = [null, 1, true, {}, [null, 1, 'x', [], {}, { type: {} }, { type: 'text' }, { type: 'image' }, { type: 'toolCall', arguments: [] }]]
    for (const value of [...odd.map(value => entry(value)), ...contents.map(content => message(content))]) {
        expect(() => briefOf(row(value))).not.toThrow()
    }
})

test('names that are long or hold controls are cut and marked', () => {
    const shown = row(entry({ type: 'custom', customType: '\u202Eevil\0' + 'x'.repeat(500), data: 1 }))
    expect(shown.detail.length).toBeLessThan(100)
    expect(shown.detail).toMatch(/^⟨U\+202E⟩evil␀/)
})

test('a result is shown in its call, whichever page either is on', () => {
    const entries = Array.from({ length: 40 }, (_, seq) => (seq % 4 === 0 ? call(`c${seq}`, seq) : seq % 4 === 3 ? result(`c${seq - 3}`, seq, seq === 7) : message('x', {}, seq)))
    const read = (first: number, count: number) => entries.slice(Math.max(0, first), Math.max(0, first + count))
    const whole = rows(read, 0, 40)
    for (const size of [1, 2, 3, 5, 7]) {
        const paged = Array.from({ length: Math.ceil(40 / size) }, (_, page) => rows(read, page * size, size)).flat()
        expect(paged).toEqual(whole)
    }
    expect(whole[7]).toMatchObject({ within: 'k4', blocks: [] })
    expect(whole[4]?.blocks[0]).toMatchObject({ kind: 'call', output: { key: 'k7', failed: true } })
})

test('a result far from its call stands alone', () => {
    const far = [call('c', 0), ...Array.from({ length: 12 }, (_, at) => message('x', {}, at + 1)), result('c', 13)]
    const shown = rows((first, count) => far.slice(Math.max(0, first), first + count), 0, far.length)
    expect(shown[13]?.within).toBeUndefined()
})

test('a text that was cut can be had', () => {
    const long = message([{ type: 'text', text: 'a' }, { type: 'thinking', thinking: 'b'.repeat(100_000) }])
    const [, cut] = row(long).blocks
    const shown = cut?.kind === 'thinking' ? cut.text : undefined
    expect([shown?.total, shown?.text.length]).toEqual([100_000, 16_384])
    expect(more(long, [1], 50_000).text.length).toBe(50_000)
})
