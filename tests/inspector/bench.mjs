// Owns: the figures of the page: `npm run bench [BYTES] [--json]` (default 1 GB). It prints, and asserts nothing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { choose, launch, openPage, whole } from './lib/browser.mjs'
import { memory, mib, watchFrames } from './lib/measure.mjs'
import { native, program } from './lib/native.mjs'
import { serve } from './lib/server.mjs'
import { writeLog } from './lib/session.mjs'

const bytes = Number(process.argv[2] ?? 1e9)
const folder = mkdtempSync(join(tmpdir(), 'inspector-bench-'))
const log = join(folder, 'bench.jsonl')
const { entries } = writeLog(log, { bytes, branches: 1000, output: 9000 })
const json = process.argv.includes('--json')
const figures = []
/** A figure, in seconds or bytes. */
function figure(what, unit, value) {
    figures.push({ what, unit, value })
    if (!json) console.log(`${what}: ${unit === 'Bytes' ? mib(value) : `${Math.round(value * 1000)} ms`}`)
}
if (!json) console.log(`a log of ${mib(bytes)}, ${entries} entries`)

const browser = await launch()
const server = await serve()

/** From the choice of the files to what is painted. */
async function run(name, files) {
    const { page, context } = await openPage(browser, server.url)
    await page.locator('.start-card').waitFor()
    await page.waitForLoadState('networkidle')
    const empty = await memory(page)
    // The page's own clock: from the choice of the files to the frame after the summary is there.
    const painted = page.evaluate(
        () =>
            new Promise(resolve => {
                let from = 0
                document.getElementById('files').addEventListener('change', () => (from = performance.now()), true)
                const seen = () => document.querySelector('.figure') && document.querySelector('.row:not(.waiting)')
                new MutationObserver((_, observer) => {
                    if (!seen()) return
                    observer.disconnect()
                    requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.now() - from)))
                }).observe(document.body, { childList: true, subtree: true })
            }),
    )
    const longest = await watchFrames(page)
    const started = performance.now()
    await choose(page, files)
    figure(`${name}: summary and first page painted`, 'Seconds', (await painted) / 1000)
    await whole(page)
    figure(`${name}: all can be shown`, 'Seconds', (performance.now() - started) / 1000)
    figure(`${name}: longest frame meanwhile`, 'Seconds', (await longest()) / 1000)
    const list = page.locator('.centre .list')
    await list.hover()
    for (let step = 0; step < 200; step++) await page.mouse.wheel(0, -150)
    figure(`${name}: longest frame while scrolling`, 'Seconds', (await longest()) / 1000)
    const { page: heap, renderer } = await memory(page)
    figure(`${name}: heap of the page`, 'Bytes', heap)
    figure(`${name}: memory`, 'Bytes', renderer)
    figure(`${name}: memory before`, 'Bytes', empty.renderer)
    await context.close()
}

await run('log alone', [log])
if (program && native('migrate', log).status === 0) await run('log and sidecar', [log, join(folder, 'bench.sqlite3')])
else console.error('log and sidecar: not measured, jcode-session was not built')
await browser.close()
server.close()
rmSync(folder, { recursive: true, force: true })
if (json) console.log(JSON.stringify(figures))
