import { expect, test } from 'vitest'
import { titleOf } from './titles'

test('a command of the program is no title while anything else was said', () => {
    expect(titleOf({ title: null, first_prompt: '/model opus', preview: 'Sort the shelves', session_id: 'x' })).toBe('Sort the shelves')
    expect(titleOf({ title: '/kept', first_prompt: 'Sort', session_id: 'x' })).toBe('/kept')
    expect(titleOf({ title: null, first_prompt: '/home/ada/notes.md is missing', session_id: 'x' })).toBe('/home/ada/notes.md is missing')
    expect(titleOf({ title: null, first_prompt: '/init', preview: null, session_id: 'x' })).toBe('/init')
    expect(titleOf({ title: null, first_prompt: null, session_id: 'x' })).toBe('x')
})
