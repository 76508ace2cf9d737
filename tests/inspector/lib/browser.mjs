// Owns: a real Chromium, and pages in it that note what they must not do: ask other origins, fail, run foreign script.
import { existsSync } from 'node:fs'
import { chromium } from 'playwright-core'

const PATHS = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const ARGS = [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--enable-precise-memory-info',
]

/** Milliseconds for which a page is waited for. */
export const PATIENCE = Number(process.env.PATIENCE ?? 20_000)

/** Path of a Chromium; undefined where there is none. */
export function chromiumPath() {
    return PATHS.find(path => path && existsSync(path))
}

export async function launch() {
    return chromium.launch({ executablePath: chromiumPath(), args: ARGS })
}

/** Opens the page. `asked` collects requests to other origins, `failed` errors and violations. */
export async function openPage(browser, url, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
    const page = await context.newPage()
    page.setDefaultTimeout(PATIENCE)
    const asked = []
    const failed = []
    const origin = new URL(url).origin
    await context.route('**/*', route => {
        const target = route.request().url()
        if (new URL(target).origin === origin || /^(blob|data):/.test(target)) return route.continue()
        asked.push(target)
        return route.abort()
    })
    page.on('pageerror', error => failed.push(String(error)))
    page.on('console', message => message.type() === 'error' && failed.push(message.text()))
    page.on('dialog', dialog => {
        failed.push(`dialog: ${dialog.message()}`)
        void dialog.dismiss()
    })
    await page.goto(url)
    return { page, context, asked, failed }
}

/** Gives files to the page's picker, as a person would. */
export async function choose(page, paths) {
    await page.locator('#files').setInputFiles(paths)
}

/** Waits until all of the log was read. */
export async function whole(page) {
    await page.locator('.tab', { hasText: 'Branches' }).locator('.count').waitFor({ state: 'attached' })
}
