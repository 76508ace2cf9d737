// Searching: in the open session as one types, and in all of a folder.
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { choose, chooseFolder, whole } from '../lib/browser.mjs'
import { cursorOn, house, row, SAMPLES, shows, soon } from '../lib/house.mjs'
import { Log, writeLog } from '../lib/session.mjs'

const it = house()
const DARK = join(SAMPLES, 'dark-mode.jsonl')
const marked = page => page.evaluate(() => [...CSS.highlights.get('found')].map(range => range.toString()))

test('what is typed is found without Enter, and marked wherever one looks', () =>
    it.session(DARK, async page => {
        await page.locator('#search').pressSequentially('ship it')
        await page.locator('.hit mark', { hasText: 'Ship it' }).waitFor()
        await shows(page.locator('.pane-head'), /1 entry with “ship it”/)
        await page.waitForFunction(() => CSS.highlights.get('found')?.size > 0)
        await soon(page, async () => assert.deepEqual(await marked(page), ['Ship it']))
        await page.locator('.uplot[data-hits="1"]').waitFor()
        await page.getByRole('tab', { name: /Branches/ }).click()
        // The tree is drawn behind the click.
        await page.locator('.rail .count.hits').first().waitFor()
        await soon(page, async () => assert.deepEqual(await page.locator('.rail .count.hits').allInnerTexts(), ['1']))
        await page.locator('#search').fill('')
        await page.locator('.uplot[data-hits="0"]').waitFor()
        await page.waitForFunction(() => CSS.highlights.get('found').size === 0)
    }))

test('Enter and F3 go from hit to hit, and round', () =>
    it.session(DARK, async page => {
        await page.locator('#search').fill('variables')
        await page.locator('.hit').nth(2).waitFor()
        await page.keyboard.press('Enter')
        await page.locator('.hit.on').waitFor()
        const first = await page.locator('.slot[aria-current]').getAttribute('data-key')
        await page.keyboard.press('Enter')
        await page.waitForFunction(first => document.querySelector('.slot[aria-current]')?.dataset.key !== first, first)
        await page.keyboard.press('Shift+Enter')
        await cursorOn(page, first)
        await page.locator('#search').blur()
        await page.keyboard.press('Shift+F3')
        await soon(page, async () => assert.equal(await page.locator('.hit').last().getAttribute('class'), 'item hit on'))
        await page.keyboard.press('F3')
        await cursorOn(page, first)
    }))

test('a hit says whose it is, and its call is opened', () => {
    const log = new Log()
    log.user('Find the needle.')
    log.assistant('Let me look.', { type: 'toolCall', id: 'c', name: 'bash', arguments: { command: 'grep pin' } })
    const asked = log.last
    log.message('toolResult', [{ type: 'text', text: 'one needle in the hay' }], { toolCallId: 'c', toolName: 'bash' })
    log.message('assistant', [{ type: 'thinking', thinking: 'So the needle is there.' }])
    return it.session(it.file('whose.jsonl', log.text()), async page => {
        await page.locator('#search').fill('needle')
        await page.locator('.hit').nth(2).waitFor()
        const whose = () => page.locator('.hit .item-second b').allInnerTexts()
        await soon(page, async () => assert.deepEqual(await whose(), ['You', 'bash · output', 'Assistant · thinking']))
        await page.locator('.hit').nth(1).click()
        await cursorOn(page, asked)
        await row(page, asked).locator('.result').getByText('one needle in the hay').waitFor()
        await page.locator('.hit').nth(2).click()
        await row(page, log.last).getByText('So the needle is there.').last().waitFor()
    })
})

test('beyond 200 there are more, and the last question counts', () => {
    const path = join(it.folder, 'many.jsonl')
    writeLog(path, { bytes: 2e6, branches: 3 })
    return it.session(path, async page => {
        await page.locator('#search').pressSequentially('parser', { delay: 5 })
        await page.getByText(/^200 entries and more with “parser”/).waitFor()
        await page.locator('.pane .list').evaluate(box => (box.scrollTop = box.scrollHeight))
        await page.getByRole('button', { name: 'More' }).click()
        await page.getByText(/^400 entries and more with “parser”/).waitFor()
        await page.locator('#search').fill('no such words at all')
        await page.getByText('0 entries with “no such words at all”').waitFor()
    })
})

test('a search waits for the log to be read, and reads it once', () =>
    it.page(async page => {
        const path = join(it.folder, 'early.jsonl')
        writeLog(path, { bytes: 60e6, branches: 3 })
        await choose(page, path)
        await page.locator('.voice-assistant').first().waitFor()
        const workers = page.workers().length
        await page.locator('#search').fill('1001: ')
        await page.locator('.hit').first().waitFor()
        await whole(page)
        assert.ok(page.workers().length <= workers + 1, 'another worker has made an index')
    }))

test('all sessions of a folder are searched, the newest first', () =>
    it.page(async page => {
        const folder = join(it.folder, 'many')
        mkdirSync(folder, { recursive: true })
        copyFileSync(DARK, join(folder, 'dark.jsonl'))
        copyFileSync(join(SAMPLES, 'invoice-rounding.jsonl'), join(folder, 'invoice.jsonl'))
        const log = new Log()
        log.entry('session_info', { name: 'The newest of all' })
        const asked = log.user('Which palette shall we take?')
        for (let n = 0; n < 80; n++) log.assistant(`answer ${n}`)
        writeFileSync(join(folder, 'newest.jsonl'), log.text())
        for (const [name, day] of [['dark', 1], ['invoice', 2], ['newest', 3]]) utimesSync(join(folder, `${name}.jsonl`), day * 86_400, day * 86_400)
        await chooseFolder(page, folder)
        await page.getByText('3 sessions').waitFor()
        await page.getByLabel('Filter').fill('palette')
        await page.keyboard.press('Enter')
        await page.getByText(/^In 2 sessions: “palette”/).waitFor()
        await soon(page, async () => assert.deepEqual(await page.locator('.found-in button').allInnerTexts(), ['The newest of all', 'Dark mode for the settings page']))
        await soon(page, async () => assert.ok((await page.locator('.hit.found').count()) > 2))
        await page.locator('.hit.found').first().click()
        await cursorOn(page, asked)
        await page.locator('.hit.on').waitFor()
        // And back to all of them, from the hits of one.
        await page.getByRole('button', { name: 'Search all 3 sessions' }).click()
        await page.getByText(/^In 2 sessions: “palette”/).waitFor()
    }))
