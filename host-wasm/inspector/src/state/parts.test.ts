import { expect, test } from 'vitest'
import table from '../../../../tests/part-names.json'
import { partOf } from './parts'

test('names mean what the table says', () => {
    const said = Object.fromEntries(Object.keys(table).map(name => [name, partOf(name)]))
    expect(said).toEqual(table)
})
