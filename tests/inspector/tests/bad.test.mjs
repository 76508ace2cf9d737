// Files that are no sessions, or do not stay what they were: the page says so, and never stands blank.
import { closeSync, openSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { choose } from '../lib/browser.mjs'
import { counts, house, row } from '../lib/house.mjs'
import { Log, writeLog } from '../lib/session.mjs'

const it = house()

const refused = (name, content, words) =>
    it.page(async page => {
        await choose(page, it.file(name, content))
        await page.getByRole('alert').filter({ hasText: words }).waitFor()
        // And one can go on from there.
        await page.getByText('Choose files').waitFor()
    })

test('what is no session is refused by name', async () => {
    await refused('photo.png', Buffer.from('89504e470d0a1a0a0000', 'hex'), /photo\.png is not a session/)
    await refused('empty.jsonl', '', /empty\.jsonl is not a session/)
    await refused('notes.txt', 'dear diary\n'.repeat(10_000), /notes\.txt is not a session/)
    await refused('lone.sqlite3', 'SQLite format 3\0', /No session was found/)
    await refused('broken.json', '{"id": "x", "messages": [', /snapshot|not a session/)
})

test('a session without entries', () =>
    it.page(async page => {
        await choose(page, it.file('bare.jsonl', new Log().text()))
        await page.getByText('This session has no entries.').waitFor()
    }))

test('a log that is cut while it is open', () =>
    it.page(async page => {
        const path = join(it.folder, 'cut.jsonl')
        writeLog(path, { bytes: 30e6, branches: 3 })
        await choose(page, path)
        await page.getByText('Verified: nothing was found.').waitFor()
        truncateSync(path, 1000)
        // What was read a moment ago may still be shown; the middle was not.
        await page.locator('.centre .list').evaluate(box => (box.scrollTop = box.scrollHeight / 2))
        await page.locator('.notice', { hasText: /cannot be read|changed/ }).waitFor()
        await page.locator('.notice', { hasText: /open it again/i }).waitFor()
        await page.getByLabel('Dismiss').click()
        await counts(page.locator('.figure'), 4)
    }))

test('a line of 100 MB', () =>
    it.page(async page => {
        const path = join(it.folder, 'long.jsonl')
        const log = new Log()
        log.user('before')
        const file = openSync(path, 'w')
        writeSync(file, log.text())
        writeSync(file, `{"type":"message","id":"long","parentId":"${log.last}","timestamp":"2026-02-03T09:00:00Z","message":{"role":"user","content":"`)
        const piece = 'all work and no play '.repeat(50_000)
        for (let written = 0; written < 100e6; written += piece.length) writeSync(file, piece)
        writeSync(file, '"}}\n')
        log.lines.length = 0
        log.user('after', 'long')
        writeSync(file, log.text())
        closeSync(file)
        await choose(page, path)
        const long = row(page, 'long')
        await long.getByText(/This entry is 9\d\.\d MiB long|This entry is 1\d\d MiB long/).waitFor()
        await row(page, log.last).getByText('after').waitFor()
        await page.locator('.tab', { hasText: 'Branches' }).locator('.count').waitFor()
        await long.getByText('Look at its raw line').click()
        await page.locator('.details pre.raw').getByText('all work and no play').waitFor()
        await page.locator('.pieces').getByText('End').click()
        await page.locator('.details pre.raw').getByText('"}}').waitFor()
    }))
