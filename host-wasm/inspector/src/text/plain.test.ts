import { expect, test } from 'vitest'
import { brief, printed, visible } from './plain'

test('colours, titles and movements of a terminal go', () => {
    expect(printed('\x1b[31mred\x1b[0m \x1b]0;title\x07x\x1b[2K\x1b(By\x9b1mz')).toBe('red xyz')
    expect(printed('a\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\')).toBe('alink')
})

test('an escape that is not ended takes no other line with it', () => {
    expect(printed('\x1b]0;never ended\nnext')).toBe('\nnext')
})

test('what changes the direction of text, or is not seen, becomes a mark', () => {
    expect(visible('user\u202Etxt.exe')).toBe('user⟨U+202E⟩txt.exe')
    expect(visible('a\0b\rc\x7f')).toBe('a␀b␍c␡')
    expect(visible('a\r\nb\tc\u2028d')).toBe('a\nb\tc\nd')
})

test('no control character survives', () => {
    const all = Array.from({ length: 0x2100 }, (_, code) => String.fromCharCode(code)).join('')
    for (const shown of [visible(all), printed(all), visible(printed(all))]) {
        expect(shown).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/)
    }
})

test('a brief is one short line', () => {
    expect(brief('  one\n\ttwo  ', 20)).toBe('one two')
    expect(brief('x'.repeat(5000), 10)).toBe('xxxxxxxxx…')
    expect(Array.from(brief('😀'.repeat(50), 10))).toHaveLength(10)
})
