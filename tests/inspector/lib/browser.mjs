// Owns: a real browser, and pages in it that note what they must not do: ask other origins, fail, run foreign script.
// It is Chromium, or a Firefox as it is installed, with INSPECTOR_BROWSER=firefox.
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, firefox } from 'playwright-core'

export const FIREFOX = process.env.INSPECTOR_BROWSER === 'firefox'

const ARGS = [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--enable-precise-memory-info',
]

/** Milliseconds for which a page is waited for. */
export const PATIENCE = Number(process.env.PATIENCE ?? 20_000)

/** Path of the browser: what `variable` says, or the first of these programs; undefined where there is none. */
function found(variable, ...names) {
    const folders = (process.env.PATH ?? '').split(delimiter)
    const paths = names.flatMap(name => folders.map(folder => join(folder, name)))
    return [process.env[variable], ...paths].find(path => path && existsSync(path))
}

/** Starts the browser: with the colours that its system prefers, and a folder for what is saved. */
export async function launch({ colorScheme = 'light', downloadsPath } = {}) {
    if (!FIREFOX) return chromium.launch({ executablePath: found('CHROMIUM', 'chromium', 'chromium-browser', 'google-chrome'), args: ARGS, downloadsPath })
    // This channel speaks WebDriver BiDi, which needs no Firefox of playwright's own. Playwright stays at 1.64: from 1.65 on
    // it always sends a command for the colours, which Firefox 153 does not know. They are a preference of the browser.
    return firefox.launch({
        channel: 'moz-firefox',
        executablePath: found('FIREFOX', 'firefox-esr', 'firefox'),
        firefoxUserPrefs: { 'layout.css.prefers-color-scheme.content-override': colorScheme === 'dark' ? 0 : 1 },
        downloadsPath,
    })
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

/** Gives a folder to the page's picker. Firefox takes no folder from a program, so it gets the files. */
export async function chooseFolder(page, folder) {
    if (!FIREFOX) return page.locator('#folder').setInputFiles(folder)
    const inside = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(entry => entry.isFile())
    return choose(page, inside.map(({ parentPath, name }) => join(parentPath, name)))
}

/** Waits until all of the log was read. */
export async function whole(page) {
    await page.locator('.tab', { hasText: 'Branches' }).locator('.count').waitFor({ state: 'attached' })
}
