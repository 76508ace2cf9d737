// Opening a session and finding one's way in it.
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { chooseFolder } from '../lib/browser.mjs'
import { counts, cursorOn, house, row, SAMPLES, shows, soon } from '../lib/house.mjs'
import { Log } from '../lib/session.mjs'

const it = house()
const DARK = join(SAMPLES, 'dark-mode.jsonl')
const text = (page, selector) => page.locator(selector).allInnerTexts()

test('the summary says what the session is', () =>
    it.session(DARK, async page => {
        await shows(page.locator('.bar-title h1'), 'Dark mode for the settings page')
        await soon(page, async () => assert.deepEqual(await text(page, '.figure b'), ['43', '34', '3', '16.0 KiB']))
        for (const fact of [/\/home\/mira\/src\/garden-app/, /claude-sonnet-4-5/, /2026-01-09 09:00:00/, /tree-v3/]) await shows(page.locator('.overview'), fact)
        await page.getByText('Verified: nothing was found.').waitFor()
    }))

test('it opens at the end of the active path', () =>
    it.session(DARK, async page => {
        await row(page, '935170bb').getByText('Ship it').waitFor()
        await shows(page.locator('.heading-count'), /^28 entries/)
    }))

test('a click on a branch shows its path, and the way back is there', () =>
    it.session(DARK, async page => {
        await page.keyboard.press('b')
        await soon(page, async () => assert.deepEqual(await text(page, '.rail .chip'), ['quick-fix', 'per-device', 'profile']))
        await page.locator('.rail', { hasText: 'quick-fix' }).click()
        await cursorOn(page, '538453d7')
        await row(page, '538453d7').getByText('Try the quick one first').waitFor()
        await shows(page.locator('.heading-count'), /^14 entries to a708a7ae/)
        await page.locator('.heading').getByText('active path', { exact: true }).click()
        await page.getByText('28 entries').waitFor()
    }))

test('a tool call holds its result, folded', () =>
    it.session(DARK, async page => {
        await page.keyboard.press('g')
        const call = row(page, '78dde6c4').locator('.fold')
        await shows(call, /^bash\s+grep -rn/)
        assert.equal(await call.locator('pre').count(), 0)
        await call.locator('.fold-head').click()
        await shows(call.locator('.result pre'), /^143\nbase.css/)
        assert.equal(await row(page, '17156075').innerText(), '')
    }))

test('details give the raw line with its place', () =>
    it.session(DARK, async page => {
        await page.keyboard.press('g')
        await row(page, 'daa66d13').getByText('Add a dark mode').click()
        await page.keyboard.press('Enter')
        const raw = await page.locator('pre.raw').innerText()
        assert.equal(JSON.parse(raw).id, 'daa66d13')
        await shows(page.locator('.details .facts'), /Bytes\s+428 to 650 222 B/)
        await page.locator('.line').getByText('Indented').click()
        await page.locator('pre.raw.indented').getByText('"parentId"').waitFor()
        await page.locator('.details .facts button', { hasText: '3c6ef362' }).click()
        await cursorOn(page, '3c6ef362')
    }))

test('search finds text and goes to it', () =>
    it.session(DARK, async page => {
        await page.keyboard.press('/')
        await page.keyboard.type('SHIP it')
        await page.keyboard.press('Enter')
        const hit = page.locator('.hit')
        await hit.first().waitFor()
        await counts(hit, 1)
        await shows(hit.locator('mark'), 'Ship it')
        await hit.click()
        await cursorOn(page, '935170bb')
        await page.locator('#search').fill('no such words at all')
        await page.keyboard.press('Enter')
        await page.getByText('0 entries with').waitFor()
    }))

test('labels are listed, shown at their entries, and lead there', () =>
    it.session(DARK, async page => {
        await page.getByRole('tab', { name: /Labels/ }).click()
        await soon(page, async () => assert.deepEqual(await text(page, '.item .chip'), ['quick-fix', 'variables', 'per-device', 'profile']))
        await page.locator('.item', { hasText: 'variables' }).click()
        await cursorOn(page, '736ae249')
        await shows(row(page, '736ae249').locator('.chip'), 'variables')
    }))

test('a finding leads to its place', async () => {
    const log = new Log()
    log.user('first')
    log.line('{"broken": ')
    const orphan = log.entry('message', { message: { role: 'user', content: 'orphan' } }, 'nowhere')
    const path = it.file('damaged.jsonl', log.text())
    await it.session(path, async page => {
        await page.keyboard.press('f')
        await page.locator('.finding', { hasText: 'invalid-json' }).waitFor()
        await page.locator('.finding', { hasText: 'missing-parent' }).click()
        await cursorOn(page, orphan)
        await page.locator('.details pre.raw').getByText('"nowhere"').waitFor()
        await page.locator('.finding', { hasText: 'invalid-json' }).click()
        await page.locator('.notice', { hasText: 'which no entry holds' }).waitFor()
    })
})

test('an entry has an address that leads to it again', () =>
    it.session(DARK, async (page, { context }) => {
        await page.keyboard.press('g')
        await row(page, 'daa66d13').getByText('Add a dark mode').click()
        await page.waitForURL(/#entry=daa66d13$/)
        const again = await context.newPage()
        await again.goto(`${it.server.url}#entry=538453d7`)
        await again.locator('#files').setInputFiles(DARK)
        // It is on another branch than the active one.
        await cursorOn(again, '538453d7')
        await again.evaluate(() => (location.hash = '#entry=not-there'))
        await again.locator('.notice', { hasText: 'There is no such entry' }).waitFor()
    }))

test('keys move the cursor past what is shown inside other rows', () =>
    it.session(DARK, async page => {
        await page.keyboard.press('g')
        await cursorOn(page, '9e3779b1')
        for (const key of ['3c6ef362', 'daa66d13', '78dde6c4', 'b54cda26']) {
            await page.keyboard.press('j')
            await cursorOn(page, key)
        }
        await page.keyboard.press('ArrowUp')
        await cursorOn(page, '78dde6c4')
        await page.keyboard.press('o')
        await row(page, '78dde6c4').locator('.result').waitFor()
        await page.keyboard.press('Shift+G')
        await cursorOn(page, '935170bb')
        await page.keyboard.press('?')
        await page.getByRole('dialog').waitFor()
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
        await page.keyboard.press('a')
        await page.getByText('43 entries · at 43').waitFor()
        await cursorOn(page, '935170bb')
    }))

test('light, dark, and as the system', () =>
    it.session(
        DARK,
        async page => {
            const theme = () => page.evaluate(() => document.documentElement.dataset.theme)
            await soon(page, async () => assert.equal(await theme(), 'dark'))
            await page.getByLabel('Theme: as the system').click()
            await soon(page, async () => assert.equal(await theme(), 'light'))
            await page.reload()
            await soon(page, async () => assert.equal(await theme(), 'light'))
        },
        { options: { colorScheme: 'dark' } },
    ))

test('without room the side pane is a drawer', () =>
    it.session(
        DARK,
        async page => {
            assert.equal(await page.locator('.side').isVisible(), false)
            await page.getByLabel('Overview and branches').click()
            await page.getByRole('tab', { name: /Labels/ }).click()
            await page.locator('.item', { hasText: 'profile' }).click()
            await soon(page, async () => assert.equal(await page.locator('.side').isVisible(), false))
            await cursorOn(page, '56e27d59')
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
            assert.ok(wide <= 0, 'the page scrolls sideways')
        },
        { options: { viewport: { width: 390, height: 800 } } },
    ))

test('files are opened by drop', () =>
    it.page(async page => {
        const log = readFileSync(DARK, 'utf8')
        const transfer = await page.evaluateHandle(log => {
            const transfer = new DataTransfer()
            transfer.items.add(new File([log], 'dropped.jsonl'))
            return transfer
        }, log)
        await page.dispatchEvent('.app', 'dragover', { dataTransfer: transfer })
        await page.getByText('Drop to open').waitFor()
        await page.dispatchEvent('.app', 'drop', { dataTransfer: transfer })
        await row(page, '935170bb').getByText('Ship it').waitFor()
        await shows(page.locator('.overview'), /dropped\.jsonl/)
    }))

test('a folder is a list to choose from', () =>
    it.page(async page => {
        const folder = join(it.folder, 'sessions')
        mkdirSync(join(folder, 'deep'), { recursive: true })
        copyFileSync(DARK, join(folder, 'deep', 'dark.jsonl'))
        copyFileSync(join(SAMPLES, 'invoice-rounding.jsonl'), join(folder, 'invoice.jsonl'))
        await chooseFolder(page, folder)
        await page.getByText('2 sessions').waitFor()
        await page.locator('.session', { hasText: 'Dark mode for the settings page' }).waitFor()
        await page.getByLabel('Filter').fill('invoice')
        await counts(page.locator('.session'), 1)
        await page.locator('.session').click()
        await page.locator('.figure').first().waitFor()
        await page.getByLabel('Close this session').click()
        await page.getByText('2 sessions').waitFor()
    }))
