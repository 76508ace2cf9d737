// Owns: what every test file needs: a browser, a server, a folder for its files, and the check that no page asked
// another origin or failed.
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before } from 'node:test'
import { choose, FIREFOX, launch, openPage, PATIENCE, whole } from './browser.mjs'
import { serve } from './server.mjs'

export const SAMPLES = new URL('../../sample/', import.meta.url).pathname
export const FIXTURES = process.env.SESSION_FIXTURES

/** Sets all up for a test file. */
export function house() {
    const it = { folder: mkdtempSync(join(tmpdir(), 'inspector-')) }
    const downloadsPath = join(it.folder, 'downloads')
    mkdirSync(downloadsPath)
    // By the colours that the system prefers, each started when it is asked for first.
    const browsers = new Map()
    const browser = (colorScheme = 'light') => {
        if (!browsers.has(colorScheme)) browsers.set(colorScheme, launch({ colorScheme, downloadsPath }))
        return browsers.get(colorScheme)
    }
    before(async () => {
        it.server = await serve()
    })
    after(async () => {
        for (const started of browsers.values()) await (await started).close()
        it.server?.close()
        rmSync(it.folder, { recursive: true, force: true })
    })
    /** Writes a file, and gives its path. */
    it.file = (name, content) => {
        const path = join(it.folder, name)
        writeFileSync(path, content)
        return path
    }
    /** Runs `body` with a page; nothing may have been asked of others, and nothing have failed. */
    it.page = async (body, { url = it.server.url, options } = {}) => {
        const opened = await openPage(await browser(options?.colorScheme), url, options)
        try {
            await body(opened.page, opened)
            assert.deepEqual(opened.asked, [], 'another origin was asked')
            assert.deepEqual(opened.failed, [], 'the page failed')
        } finally {
            await opened.context.close()
        }
    }
    /** The same with files opened and read to the end. */
    it.session = (paths, body, how) =>
        it.page(async (page, opened) => {
            await choose(page, paths)
            await whole(page)
            await body(page, opened)
        }, how)
    /** The file that `act` has the page save, as `{name, text}`. */
    it.saved = async (page, act) => {
        if (!FIREFOX) {
            const [download] = await Promise.all([page.waitForEvent('download'), act()])
            return { name: download.suggestedFilename(), text: readFileSync(await download.path(), 'utf8') }
        }
        // Playwright overlooks what Firefox tells of a file that the page has made itself, so it is looked for. Until it
        // is whole it is empty, or has another beside it.
        await act()
        return soon(page, async () => {
            const [name, ...others] = readdirSync(downloadsPath)
            const text = name && readFileSync(join(downloadsPath, name), 'utf8')
            assert.ok(text && others.length === 0, 'no file was saved')
            return { name, text }
        })
    }
    return it
}

/** The row of an entry. */
export function row(page, key) {
    return page.locator(`.slot[data-key="${key}"]`)
}

/**
 * Checks again with each frame until it holds; then what `check` says last is the failure. For what comes: that something
 * is absent is checked at once, where the page stands still.
 */
export async function soon(page, check) {
    const end = performance.now() + PATIENCE
    for (;;) {
        try {
            return await check()
        } catch (error) {
            if (performance.now() > end) throw error
        }
        await page.evaluate(() => new Promise(requestAnimationFrame))
    }
}

/** Waits until the text that is seen is `expected`, or matches it. */
export function shows(locator, expected) {
    const agrees = expected instanceof RegExp ? assert.match : assert.equal
    return soon(locator.page(), async () => agrees(await locator.innerText(), expected))
}

/** Waits until there are so many. */
export function counts(locator, expected) {
    return soon(locator.page(), async () => assert.equal(await locator.count(), expected))
}

/** Waits until the cursor is on an entry. */
export async function cursorOn(page, key) {
    await page.locator(`.slot[aria-current="true"][data-key="${key}"]`).waitFor()
}
