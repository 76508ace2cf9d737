// Owns: the pictures of docs/inspector.md: ten views of the page, at three widths, light and dark, to be looked at after
// each change of how it looks: `npm run shots -- [FOLDER]`. Needs the built page. They are WebP, which Chromium encodes.
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { choose, launch, openPage, whole } from './lib/browser.mjs'
import { row, SAMPLES } from './lib/house.mjs'
import { serve } from './lib/server.mjs'
import { Log } from './lib/session.mjs'

const WIDTHS = { 1440: 900, 1024: 768, 390: 844 }
const DARK = join(SAMPLES, 'dark-mode.jsonl')
const out = resolve(process.argv[2] ?? new URL('../../docs/inspector', import.meta.url).pathname)
const made = mkdtempSync(join(tmpdir(), 'shots-'))
const folder = join(made, 'sessions')
const damaged = join(made, 'damaged.jsonl')

/** Shows the pane with this tab, which is a drawer where there is no room. */
async function pane(page, name) {
    const drawer = page.getByLabel('Overview and branches')
    if (await drawer.isVisible()) await drawer.click()
    await page.getByRole('tab', { name }).click()
}

async function open(page, path = DARK) {
    await choose(page, path)
    await whole(page)
    await page.locator('.slot').first().waitFor()
}

/** A session with a tab of the pane, once this is shown in it. */
const tab = (name, shown, path) => async page => {
    await open(page, path)
    await pane(page, name)
    await page.locator(shown).first().waitFor()
}
const branches = tab(/Branches/, '.rail')

const VIEWS = {
    start: page => page.locator('.start-card').waitFor(),
    sessions: async page => {
        await page.locator('#folder').setInputFiles(folder)
        await page.locator('.session', { hasText: 'Dark mode' }).waitFor()
    },
    end: page => open(page),
    edit: async page => {
        await open(page)
        await page.keyboard.press('Shift+O')
        await page.locator('.diff').last().scrollIntoViewIfNeeded()
    },
    details: async page => {
        await open(page)
        await page.keyboard.press('g')
        await row(page, 'daa66d13').getByText('Add a dark mode').click()
        await page.keyboard.press('Enter')
        await page.locator('pre.raw').waitFor()
    },
    branches,
    compare: async page => {
        await branches(page)
        await page.locator('.rail-line', { hasText: 'quick-fix' }).hover()
        await page.getByLabel('Compare quick-fix').click({ force: true })
        await page.locator('.compare-side .row').first().waitFor()
    },
    prompts: tab(/Prompts/, '.pane .item'),
    search: async page => {
        await open(page)
        await page.locator('#search').fill('variables')
        await pane(page, /Search/)
        await page.locator('.hit').nth(2).waitFor()
    },
    damage: tab(/Findings/, '.finding', damaged),
}

/** The picture as WebP; `blank` is a page that encodes. */
async function webp(blank, png) {
    const url = await blank.evaluate(async base64 => {
        const image = new Image()
        image.src = `data:image/png;base64,${base64}`
        await image.decode()
        const canvas = new OffscreenCanvas(image.width, image.height)
        canvas.getContext('2d').drawImage(image, 0, 0)
        const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.8 })
        return new Promise(resolve => Object.assign(new FileReader(), { onload: event => resolve(event.target.result) }).readAsDataURL(blob))
    }, png.toString('base64'))
    return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
}

mkdirSync(folder, { recursive: true })
for (const name of ['dark-mode', 'invoice-rounding']) copyFileSync(join(SAMPLES, `${name}.jsonl`), join(folder, `${name}.jsonl`))
const log = new Log()
log.user('Sort the shelves by colour.')
log.assistant('They are sorted, from the windows to the door.')
log.line('{"type":"message","id":"torn')
log.entry('message', { message: { role: 'user', content: 'And by size?' } }, 'nowhere')
writeFileSync(damaged, log.text())
mkdirSync(out, { recursive: true })
const server = await serve()
const browser = await launch()
const blank = await browser.newPage()
for (const [width, height] of Object.entries(WIDTHS)) {
    for (const colorScheme of ['light', 'dark']) {
        for (const [name, view] of Object.entries(VIEWS)) {
            const { page, context, failed } = await openPage(browser, server.url, { colorScheme, reducedMotion: 'reduce', viewport: { width: Number(width), height } })
            await view(page)
            await page.mouse.move(0, 0)
            // What is fetched, highlighted or drawn behind.
            await page.waitForLoadState('networkidle')
            await page.waitForTimeout(300)
            writeFileSync(join(out, `${name}-${width}-${colorScheme}.webp`), await webp(blank, await page.screenshot()))
            if (failed.length) console.error(name, width, colorScheme, failed)
            await context.close()
        }
    }
}
await browser.close()
server.close()
rmSync(made, { recursive: true })
