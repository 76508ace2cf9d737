// Reading a session: what a call changes, what is shown and what is not, what can be taken along.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { cursorOn, house, row, SAMPLES, shows, soon } from '../lib/house.mjs'
import { Log } from '../lib/session.mjs'

const it = house()
const DARK = join(SAMPLES, 'dark-mode.jsonl')

/** A session with an edit, a file that is written, one that is read, and thinking. */
function work() {
    const log = new Log()
    log.entry('session_info', { id: 'named', name: 'Work' })
    const tool = (id, name, args, printed) => {
        log.entry('message', { id, message: { role: 'assistant', content: [{ type: 'toolCall', id: `c-${id}`, name, arguments: args }] } })
        log.message('toolResult', [{ type: 'text', text: printed }], { toolCallId: `c-${id}`, toolName: name })
    }
    log.user('/model opus')
    log.user('Rename it, please.')
    log.message('assistant', [{ type: 'thinking', thinking: 'What is it called now?' }, { type: 'text', text: 'I rename it:\n\n```ts\nlet b = 1\n```' }])
    tool('edit', 'edit', { path: 'src/a.ts', oldText: 'const a = 1\nconst c = 2\n', newText: 'const b = 1\nconst c = 2\nconst d = 3\n' }, 'done')
    tool('write', 'write', { path: 'notes.md', content: 'one\ntwo\n' }, 'written')
    tool('read', 'read', { path: 'src/a.ts' }, 'const b = 1')
    tool('bash', 'bash', { command: 'ls' }, 'a.ts')
    log.entry('label', { targetId: 'edit', label: 'renamed' })
    log.assistant('It is renamed.')
    return it.file('work.jsonl', log.text())
}

test('an edit is shown as lines that go and come, and counted while it is folded', () =>
    it.session(work(), async page => {
        const edit = row(page, 'edit')
        await shows(edit.locator('.counted'), '+2\n−1')
        await shows(row(page, 'write').locator('.counted'), '+2')
        await edit.locator('.fold-head').click()
        const lines = await edit.locator('.diff-line').evaluateAll(lines => lines.map(line => `${line.className.slice(10)}: ${line.querySelector('code').textContent}`))
        assert.deepEqual(lines, ['goes: const a = 1', 'comes: const b = 1', 'stays: const c = 2', 'comes: const d = 3'])
        await soon(page, async () => assert.ok((await edit.locator('.diff .hljs-keyword').count()) > 0, 'the code has no colours'))
        assert.equal(await edit.getByText('oldText').count(), 0)
    }))

test('what was read of a file has the colours of its language', () =>
    it.session(work(), async page => {
        await row(page, 'read').locator('.fold-head').click()
        await shows(row(page, 'read').locator('.result .hljs-keyword'), 'const')
        await row(page, 'bash').locator('.fold-head').click()
        assert.equal(await row(page, 'bash').locator('.result [class^=hljs]').count(), 0)
    }))

test('filters show what is asked for, and an entry that they hide ends them', () =>
    it.session(work(), async page => {
        const filter = page.getByLabel('Which entries are shown')
        const shown = () => page.locator('.centre .slot').evaluateAll(slots => slots.map(slot => slot.dataset.key))
        await filter.selectOption('prompts')
        await page.waitForFunction(() => document.querySelectorAll('.centre .slot').length === 2)
        assert.equal(await page.locator('.row:not(.voice-user)').count(), 0)
        await filter.selectOption('tools')
        await row(page, 'bash').waitFor()
        await soon(page, async () => assert.deepEqual(await shown(), ['edit', 'write', 'read', 'bash']))
        await filter.selectOption('tool:edit')
        await page.waitForFunction(() => document.querySelectorAll('.centre .slot').length === 1)
        await soon(page, async () => assert.deepEqual(await shown(), ['edit']))
        await filter.selectOption('labelled')
        await row(page, 'edit').locator('.chip').waitFor()
        await soon(page, async () => assert.deepEqual(await shown(), ['edit']))
        await filter.selectOption('said')
        await page.getByText('It is renamed.').waitFor()
        assert.equal(await page.locator('.row .fold:visible').count(), 0)
        await page.evaluate(() => (location.hash = '#entry=bash'))
        await cursorOn(page, 'bash')
        await soon(page, async () => assert.equal(await filter.inputValue(), 'all'))
    }))

test('all calls and all thinking open at once', () =>
    it.session(work(), async page => {
        await page.keyboard.press('Shift+O')
        await row(page, 'bash').locator('.result').waitFor()
        await page.keyboard.press('Shift+T')
        await page.locator('.fold.thinking.open').waitFor()
        await row(page, 'bash').locator('.fold-head').click()
        await row(page, 'bash').locator('.result').waitFor({ state: 'detached' })
        await page.keyboard.press('Shift+O')
        await row(page, 'edit').locator('.diff').waitFor({ state: 'detached' })
    }))

test('the prompts are an outline', () =>
    it.session(DARK, async page => {
        await page.getByRole('tab', { name: /Prompts/ }).click()
        const first = page.locator('.pane .item').first()
        await shows(first, /^Add a dark mode/)
        await first.click()
        await cursorOn(page, 'daa66d13')
        const counted = Number(/\d+/.exec(await page.locator('.pane-head').innerText())[0])
        await page.keyboard.press('a')
        await page.getByText('on all paths').waitFor()
        await soon(page, async () => assert.ok(Number(/\d+/.exec(await page.locator('.pane-head').innerText())[0]) > counted))
    }))

test('messages and code are copied, the file is saved', () =>
    it.session(
        work(),
        async page => {
            const clipboard = () => page.evaluate(() => navigator.clipboard.readText())
            const said = page.locator('.row', { hasText: 'I rename it' })
            await said.hover()
            await said.getByLabel('Copy the message').click()
            await page.getByTitle('Copied').waitFor()
            assert.equal(await clipboard(), 'I rename it:\n\n```ts\nlet b = 1\n```')
            await said.locator('.prose pre').hover()
            await said.getByLabel('Copy the code').click()
            await page.waitForFunction(async () => (await navigator.clipboard.readText()) === 'let b = 1\n')
            const saved = await it.saved(page, () => page.getByRole('button', { name: 'Download' }).click())
            assert.deepEqual(saved, { name: 'work.jsonl', text: readFileSync(join(it.folder, 'work.jsonl'), 'utf8') })
        },
        { options: { permissions: ['clipboard-read', 'clipboard-write'] } },
    ))

test('the timeline shows the cursor, and looks closer', () =>
    it.session(DARK, async page => {
        await page.keyboard.press('g')
        await page.locator('.uplot[data-cursor="9e3779b1"]').waitFor()
        const box = await page.locator('.u-over').boundingBox()
        const drag = async (from, to) => {
            await page.mouse.move(box.x + box.width * from, box.y + 20)
            await page.mouse.down()
            await page.mouse.move(box.x + box.width * to, box.y + 20, { steps: 5 })
            await page.mouse.up()
        }
        await drag(0.2, 0.5)
        await page.getByRole('button', { name: 'All of it' }).click()
        await page.getByRole('button', { name: 'All of it' }).waitFor({ state: 'detached' })
        await cursorOn(page, '9e3779b1')
        await page.mouse.click(box.x + box.width * 0.95, box.y + 20)
        await page.waitForFunction(() => document.querySelector('.uplot').dataset.cursor !== '9e3779b1')
    }))

test('two branches stand side by side from where they part', () =>
    it.session(DARK, async page => {
        await page.keyboard.press('b')
        await page.locator('.rail-line', { hasText: 'quick-fix' }).hover()
        await page.getByLabel('Compare quick-fix').click()
        await page.getByText('Both paths begin with the same 6 entries').waitFor()
        const [left, right] = await page.locator('.compare-side').all()
        await right.locator('[data-key="538453d7"]').getByText('Try the quick one first').waitFor()
        assert.equal(await left.locator('[data-key="538453d7"]').count(), 0)
        await left.locator('.row').first().waitFor()
        await page.keyboard.press('Escape')
        await row(page, '935170bb').waitFor()
        await page.getByLabel('Compare quick-fix').click({ force: true })
        await page.locator('.compare-side').nth(1).getByText('Show alone').click()
        await page.getByText('14 entries to a708a7ae').waitFor()
    }))
