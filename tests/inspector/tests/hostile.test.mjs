// A session that was made to do harm: nothing of it runs, nothing leaves.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { house } from '../lib/house.mjs'
import { Log, PIXEL } from '../lib/session.mjs'

const it = house()
const BAIT = 'https://evil.example/'
const XSS = `"><img src=x onerror="window.ran=1"><script>window.ran=1</script><svg onload="window.ran=1"><iframe srcdoc="<script>parent.ran=1</script>">`

function hostile() {
    const log = new Log({ id: XSS, cwd: XSS })
    log.entry('session_info', { name: XSS })
    log.user(XSS)
    log.user(`[run](javascript:window.ran=1) [data](data:text/html,<script>ran=1</script>) [vb](vbscript:x) [away](${BAIT}) <${BAIT}x>`)
    log.user(`![remote](${BAIT}a.png) <style>@import url(${BAIT}a.css)</style> <link rel=stylesheet href=${BAIT}b.css>`)
    log.user('\u202Egnp.exe\u202C \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x1b[31mred\x1b[0m \0')
    log.assistant('```html\n<script>window.ran=1</script>\n```\n\n```"><img src=x onerror=window.ran=1>\ncode\n```', {
        type: 'toolCall', id: 'c', name: XSS, arguments: { [XSS]: XSS, command: XSS },
    })
    log.message('toolResult', [{ type: 'text', text: XSS }], { toolCallId: 'c', toolName: XSS, isError: true })
    const images = [
        ['image/svg+xml', Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" onload="parent.ran=1"><image href="${BAIT}s.png"/></svg>`).toString('base64')],
        ['text/html', Buffer.from('<script>parent.ran=1</script>').toString('base64')],
        ['image/png" onerror="window.ran=1', PIXEL],
        ['image/png', PIXEL],
    ]
    log.message('user', images.map(([mimeType, data]) => ({ type: 'image', mimeType, data })))
    log.message('user', [{ type: 'image', source: { type: 'url', url: `${BAIT}u.png`, media_type: 'image/png' } }])
    log.entry(XSS, { id: XSS, note: XSS })
    log.entry('label', { targetId: XSS, label: XSS })
    log.entry('model_change', { provider: XSS, modelId: XSS })
    log.entry('custom', { customType: XSS, data: { [XSS]: XSS } })
    log.message(XSS, XSS, { model: XSS, errorMessage: XSS })
    log.message('system', '', { sections: { [XSS]: XSS, gone: null }, toolsAdded: [{ name: XSS, description: XSS }], toolsRemoved: [XSS], [XSS]: XSS })
    log.message('toolResult', XSS, { toolName: XSS, details: { [XSS]: XSS }, nestedCalls: { calls: [{ name: XSS, arguments: { [XSS]: XSS }, status: XSS, error: XSS }] } })
    log.line(`${XSS}`)
    const end = log.last
    log.entry('message', { message: { role: 'user', content: XSS } }, XSS + 'nowhere')
    log.user('the end', end)
    return log.text()
}

const ran = page => page.evaluate(() => 'ran' in window)

test('no script runs and nothing is asked of others, wherever one looks', async () => {
    const path = it.file('"><img src=x onerror=window.ran=1>.jsonl', hostile())
    await it.session(path, async page => {
        const through = ['g', 'Enter', ...Array.from({ length: 20 }, () => ['o', 'j']).flat()]
        for (const key of [...through, 'a', ...through]) {
            await page.keyboard.press(key)
            await page.waitForTimeout(20)
        }
        for (const tab of ['About', 'Branches', 'Labels', 'Findings']) await page.getByRole('tab', { name: tab }).click()
        await page.locator('.line').getByText('Indented').click()
        await page.locator('#search').fill('img src=x')
        await page.keyboard.press('Enter')
        await page.locator('.hit').first().waitFor()
        await page.waitForTimeout(200)
        assert.equal(await ran(page), false, 'script of the session ran')
        const foreign = await page.evaluate(() => document.querySelectorAll('iframe, object, embed, script:not([src]), style, link[href^=http], [onerror], [onload], form[action]').length)
        assert.equal(foreign, 0)
    })
})

test('links show where they go, and only the web and mail are gone to', () =>
    it.session(it.file('links.jsonl', hostile()), async page => {
        await page.keyboard.press('g')
        const links = await page.locator('.prose a').evaluateAll(found => found.map(({ href, rel, target, innerText }) => ({ href, rel, target, innerText })))
        assert.ok(links.length > 0)
        for (const { href, rel, target } of links.filter(link => link.href)) {
            assert.match(href, /^https:\/\/evil\.example\//)
            assert.equal(rel, 'noopener noreferrer')
            assert.equal(target, '_blank')
        }
        assert.match(links.find(link => link.innerText.startsWith('away')).innerText, /evil\.example/)
    }))

test('only raster pictures are shown', () =>
    it.session(it.file('pictures.jsonl', hostile()), async page => {
        await page.keyboard.press('g')
        await page.locator('.picture img').first().waitFor()
        const sources = await page.locator('img').evaluateAll(found => found.map(image => image.src.slice(0, 5)))
        // The pixel is one by its bytes, whatever it calls itself.
        assert.deepEqual(sources, ['blob:', 'blob:'])
        assert.equal(await page.getByText(/^Picture not shown/).count(), 2)
    }))

test('what cannot be seen is marked', () =>
    it.session(it.file('unseen.jsonl', hostile()), async page => {
        await page.keyboard.press('g')
        const row = page.locator('.row', { hasText: 'gnp.exe' })
        assert.match(await row.innerText(), /⟨U\+202E⟩gnp\.exe⟨U\+202C⟩/)
        const text = await page.locator('body').innerText()
        assert.doesNotMatch(text, /[\u0000-\u0008\u001b\u202a-\u202e\u2066-\u2069]/)
    }))
