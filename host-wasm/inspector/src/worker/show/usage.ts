// Owns: the words for tokens and their price.
// Invariant: a number that is zero, or a part of another one, takes no room; what is not known is shown by name.
// If you change this, then change `cli/src/transcript/read/usage.rs`, its counterpart, too; `tests/shown` is read by
// the tests of both.
import type { Block } from '../../protocol'
import { note } from './clip'
import { Reading, type Quiet } from './reading'

/** Parts of other numbers. */
const QUIET: Quiet = {
    totalTokens: 'number',
    cacheWrite1h: 'number',
    input: 'number',
    output: 'number',
    cacheRead: 'number',
    cacheWrite: 'number',
    totalFromProvider: 'flag',
}

const COUNTED = [
    ['input', 'in'],
    ['output', 'out'],
    ['reasoning', 'of thinking'],
    ['cacheRead', 'from the cache'],
    ['cacheWrite', 'to the cache'],
] as const

/** The field `usage` as a remark. */
export function usage(from: Reading, most: number): Block[] {
    const object = from.object('usage')
    if (!object) return []
    const used = new Reading(object, most)
    const counted = COUNTED.flatMap(([name, word]) => {
        const count = used.number(name)
        return count ? [`${count} ${word}`] : []
    })
    const cost = new Reading(used.object('cost') ?? {}, most)
    const total = cost.number('total')
    const words = counted.length > 0 ? `tokens: ${counted.join(', ')}` : 'no tokens'
    return [...note([words, total ? `$${total}` : undefined], '; '), ...used.rest(QUIET), ...cost.rest(QUIET)]
}
