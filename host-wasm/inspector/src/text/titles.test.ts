import { expect, test } from 'vitest'
import { titleOf } from './titles'

test('a title names a session, else what was asked first', () => {
    expect(titleOf({ title: '/kept', first_prompt: 'Sort', session_id: 'x' })).toBe('/kept')
    expect(titleOf({ title: null, first_prompt: 'Sort', session_id: 'x' })).toBe('Sort')
    expect(titleOf({ title: null, first_prompt: null, session_id: 'x' })).toBe('x')
})
