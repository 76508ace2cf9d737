// Logs that no page could hold: 100 MB, and 1 GB with INSPECTOR_GB=1. Figures are printed, never asserted.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { choose, FIREFOX, whole } from '../lib/browser.mjs'
import { cursorOn, house } from '../lib/house.mjs'
import { memory, mib, watchFrames } from '../lib/measure.mjs'
import { writeLog } from '../lib/session.mjs'

const it = house()

async function walk(t, bytes) {
    const path = join(it.folder, `${bytes}.jsonl`)
    const { entries } = writeLog(path, { bytes, branches: 1000 })
    await it.page(async page => {
        const longest = await watchFrames(page)
        const started = performance.now()
        await choose(page, path)
        await page.locator('.voice-assistant').first().waitFor()
        t.diagnostic(`first page after ${Math.round(performance.now() - started)} ms`)
        await whole(page)
        t.diagnostic(`all ${entries} entries after ${Math.round(performance.now() - started)} ms, longest frame ${Math.round(await longest())} ms`)

        await page.keyboard.press('a')
        await page.getByText(`${entries.toLocaleString('en')} entries`).waitFor()
        const list = page.locator('.centre .list')
        for (const share of [0.25, 0.9, 0.5]) {
            // The rows of before are there until a frame tells of the scroll, which a busy machine makes wait for. And
            // the list itself goes to a place once, when all entries are in it: who has scrolled before scrolls again.
            const there = ({ entries, share }) => {
                const box = document.querySelector('.centre .list')
                const first = Number(box.querySelector('.slot')?.ariaPosInSet)
                const read = document.querySelectorAll('.centre .row:not(.waiting)').length
                const isThere = Math.abs(first / entries - share) < 0.05
                if (!isThere) box.scrollTop = share * (box.scrollHeight - box.clientHeight)
                return isThere && read > 5
            }
            await page.waitForFunction(there, { entries, share })
            const rows = await list.locator('.slot').count()
            assert.ok(rows < 60, `${rows} rows are in the page`)
        }
        await longest()
        const box = await list.boundingBox()
        await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
        for (let step = 0; step < 120; step++) await page.mouse.wheel(0, 120)
        t.diagnostic(`scrolling: longest frame ${Math.round(await longest())} ms`)
        await page.keyboard.press('Shift+G')
        await page.locator(`.slot[aria-posinset="${entries}"][aria-current]`).waitFor()
        await page.keyboard.press('g')
        await page.locator('.slot[aria-posinset="1"][aria-current]').waitFor()

        // The branches are as many, and only those seen are there.
        await page.keyboard.press('b')
        await page.locator('.rail').first().waitFor()
        assert.ok((await page.locator('.rail').count()) < 60)
        await page.locator('.rail').nth(3).click()
        await page.locator('.slot[aria-current]').waitFor()

        await page.goto(`${it.server.url}#entry=e0000500`)
        await cursorOn(page, 'e0000500')

        await page.locator('#search').fill('1001: ')
        await page.keyboard.press('Enter')
        await page.locator('.hit').first().waitFor()
        // Firefox tells no program what a page holds.
        if (FIREFOX) return
        const { page: heap, renderer } = await memory(page)
        t.diagnostic(`memory: ${mib(heap)} of the page, ${mib(renderer)} of its process`)
    })
}

test('a log of 100 MB', t => walk(t, 100e6))

const gigabyte = process.env.INSPECTOR_GB === '1'
test('a log of 1 GB', { skip: gigabyte ? false : 'set INSPECTOR_GB=1' }, t => walk(t, 1e9))

test('a pass is cancelled at once, and taken up again', () =>
    it.page(async page => {
        const path = join(it.folder, 'cancelled.jsonl')
        writeLog(path, { bytes: 200e6, branches: 5 })
        await choose(page, path)
        await page.locator('.voice-assistant').first().waitFor()
        await page.locator('.heading').getByText('Cancel').click()
        await page.locator('.heading').getByText('Only the end is shown.').waitFor()
        await page.locator('.heading').getByText('Read all').click()
        await whole(page)
        await page.getByRole('tab', { name: /Findings/ }).click()
        await page.getByText('Not verified yet').waitFor()
        await page.getByRole('button', { name: 'Verify' }).click()
        await page.getByRole('button', { name: 'Cancel' }).click()
        await page.getByText('Verifying was cancelled.').waitFor()
    }))
