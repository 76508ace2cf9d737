// What stands beside the content of messages: sections of the prompt, tools, nested calls, fields that nobody knows.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { house, row, shows } from '../lib/house.mjs'
import { Log } from '../lib/session.mjs'

const it = house()

function log() {
    const log = new Log()
    const sections = { preamble: 'You keep the books of <b>a bakery</b>.', skills: 'count: `flour`' }
    log.entry('message', { id: 'comes', message: { role: 'system', content: '', sections, toolsAdded: [{ name: 'oven', description: 'bakes <i>bread</i>', parameters: { type: 'object' } }] } })
    log.user('How much flour?')
    log.assistant('Let me count.', { type: 'toolCall', id: 't1', name: 'script', arguments: { code: 'count()' } })
    const nestedCalls = { calls: [{ id: 't1/1', name: 'read', arguments: { path: 'flour.csv' }, status: 'ok', durationMs: 12 }], complete: true }
    log.entry('message', { id: 'result', message: { role: 'toolResult', toolCallId: 't1', toolName: 'script', content: [{ type: 'text', text: '12 sacks' }], details: { table: 'a | b' }, nestedCalls } })
    log.entry('message', { id: 'goes', message: { role: 'system', content: '', sections: { skills: null }, toolsRemoved: ['oven'] } })
    log.entry('message', { id: 'narrator', message: { role: 'narrator', verse: 'Once <script>alert(1)</script>', lines: 3 } })
    log.entry('message', { id: 'bare', message: { role: 'assistant', content: [], stopReason: 'stop', api: 'wire' } })
    log.entry('message', { id: 'nothing', message: { role: 'user', content: '' } })
    log.entry('usage', { id: 'usage', kind: 'cache_warm', provider: 'p', model: 'm', usage: { input: 0, output: 0, cacheRead: 500, cacheWrite: 0, cost: { total: 0.5 } } })
    log.entry('context_edit', { id: 'edit', targetId: 'e0000001', replacement: { content: 'How much rye?' } })
    return log.text()
}

test('sections and tools that come and go', () =>
    it.session(it.file('beside.jsonl', log()), async page => {
        const comes = row(page, 'comes')
        for (const [name, text] of [['section preamble', 'You keep the books of <b>a bakery</b>.'], ['section skills', 'count: `flour`'], ['tool added oven', 'bakes <i>bread</i>']]) {
            await comes.locator('.fold-head', { hasText: name }).click()
            await comes.locator('.fold-body').getByText(text).waitFor()
        }
        await shows(row(page, 'goes'), /section removed: skills\s+tool removed: oven/)
    }))

test('all of a result stands in its call', () =>
    it.session(it.file('nested.jsonl', log()), async page => {
        const asked = row(page, 'e0000002')
        await asked.locator('.fold-head', { hasText: 'script' }).click()
        await asked.getByText('12 sacks').waitFor()
        await asked.getByText('a | b').waitFor()
        await asked.locator('.fold .fold-head', { hasText: 'nested, ok, 12 ms' }).click()
        await asked.locator('.result').getByText('flour.csv').last().waitFor()
        assert.equal(await row(page, 'result').locator('.row').count(), 0)
    }))

test('no entry is an empty one', () =>
    it.session(it.file('empty.jsonl', log()), async page => {
        const words = {
            narrator: /verse\s+Once <script>alert\(1\)<\/script>\s+lines\s+3/, bare: /api\s+wire/, nothing: /empty/,
            usage: /cache_warm\s+p m\s+tokens: 500 from the cache; \$0\.5/, edit: /e0000001: replaced\s+How much rye\?/,
        }
        for (const [key, expected] of Object.entries(words)) await shows(row(page, key), expected)
        const empty = await page.locator('.slot .row').evaluateAll(rows => rows.filter(row => [...row.children].every(part => part.matches('.row-head, .row-name, .chip, .row-time'))).length)
        assert.equal(empty, 0)
    }))
