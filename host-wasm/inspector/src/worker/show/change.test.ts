import { expect, test } from 'vitest'
import { htmlLines } from '../../text/lines'
import { changeOf } from './change'

const shown = (tool: string, args: Record<string, unknown>) =>
    changeOf(tool, args)?.lines.map(({ sign, html }) => (sign === 'gap' ? '...' : sign + html.replace(/<[^>]*>/g, '')))

test('an edit is lines that go and lines that come, whatever its tool calls them', () => {
    const [old, now] = ['a\nb\nc', 'a\nB\nc\nd']
    const expected = [' a', '-b', '+B', ' c', '+d']
    for (const [before, after] of [['oldText', 'newText'], ['old_string', 'new_string'], ['oldString', 'newString'], ['old_str', 'new_str']]) {
        expect(shown('edit', { path: 'x.txt', [before!]: old, [after!]: now })).toEqual(expected)
    }
    const many = changeOf('edit', { path: 'x.ts', edits: [{ oldText: 'a\n', newText: 'b\n' }, { oldText: 'let c', newText: '' }] })
    expect([many?.added, many?.removed, many?.told]).toEqual([1, 2, ['edits', 'path']])
})

test('what is far from a change is a gap', () => {
    const lines = Array.from({ length: 20 }, (_, number) => `line ${number}\n`)
    const now = lines.with(10, 'other\n')
    expect(shown('edit', { path: 'x', oldText: lines.join(''), newText: now.join('') })).toEqual([
        '...', ' line 7', ' line 8', ' line 9', '-line 10', '+other', ' line 11', ' line 12', ' line 13', '...',
    ])
})

test('a file that is written comes whole, a patch as it stands', () => {
    expect(shown('write', { path: 'x', content: 'a\nb\n' })).toEqual(['+a', '+b'])
    const patch = '*** Begin Patch\n*** Update File: src/a.rs\n@@\n-old\n+new\n same\n*** End Patch'
    const change = changeOf('apply_patch', { input: patch })
    expect([change?.path, change?.added, change?.removed]).toEqual(['src/a.rs', 1, 1])
})

test('markup of a text is text, and other arguments are no change', () => {
    expect(changeOf('write', { path: 'x', content: '<script>alert(1)</script>' })?.lines[0]?.html).toBe('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(changeOf('write', { path: 'x', content: 1 })).toBeUndefined()
    expect(changeOf('edit', { path: 'x', oldText: 'a' })).toBeUndefined()
    expect(changeOf('edit', { path: 'x', edits: [1, null] })).toBeUndefined()
    expect(changeOf('write', { path: 'x', content: 'a'.repeat(300_000) })).toBeUndefined()
    expect(changeOf('bash', undefined)).toBeUndefined()
})

test('each line of highlighted text is whole', () => {
    expect(htmlLines('<span class="a">x\ny</span>\nz')).toEqual(['<span class="a">x</span>', '<span class="a">y</span>', 'z'])
})
