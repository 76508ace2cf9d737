// Owns: screenshots of the page in its states, to be looked at: `npm run shots [FOLDER]`.
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { choose, launch, openPage, whole } from './lib/browser.mjs'
import { serve } from './lib/server.mjs'

const SAMPLE = new URL('../sample/dark-mode.jsonl', import.meta.url).pathname
const out = resolve(process.argv[2] ?? 'shots')
const session = process.argv[3] ?? SAMPLE
mkdirSync(out, { recursive: true })

const server = await serve()
const browser = await launch()
const LOOKS = [
    ['light-wide', 'light', 1440, 900],
    ['dark-wide', 'dark', 1440, 900],
    ['light-narrow', 'light', 420, 860],
    ['dark-narrow', 'dark', 420, 860],
]
for (const [look, colorScheme, width, height] of LOOKS) {
    const { page, context, failed } = await openPage(browser, server.url, { colorScheme, viewport: { width, height } })
    const shot = name => page.screenshot({ path: join(out, `${look}-${name}.png`) })
    await page.locator('.start-card').waitFor()
    await shot('1-start')
    await choose(page, session)
    await whole(page).catch(() => {})
    await page.waitForTimeout(300)
    await shot('2-open')
    await page.keyboard.press('g')
    await page.waitForTimeout(200)
    for (let step = 0; step < 4; step++) await page.keyboard.press('j')
    await page.keyboard.press('o')
    await page.waitForTimeout(200)
    await shot('3-fold')
    await page.keyboard.press('Enter')
    await page.waitForTimeout(300)
    await shot('4-details')
    await page.keyboard.press('Escape')
    await page.keyboard.press('b')
    await page.waitForTimeout(400)
    await shot('5-branches')
    await page.keyboard.press('f')
    await page.waitForTimeout(200)
    await shot('6-findings')
    await page.locator('#search').fill('dark')
    await page.keyboard.press('Enter')
    await page.waitForTimeout(400)
    await shot('7-search')
    if (failed.length) console.log(look, failed)
    await context.close()
}
await browser.close()
server.close()
