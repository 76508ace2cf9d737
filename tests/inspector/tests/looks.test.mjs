// How the page stands in little room, and that everybody can use it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { counts, house, row, SAMPLES, shows, soon } from '../lib/house.mjs'
import { Log } from '../lib/session.mjs'

const it = house()
const DARK = join(SAMPLES, 'dark-mode.jsonl')
const AXE = readFileSync(new URL('../node_modules/axe-core/axe.min.js', import.meta.url), 'utf8')
const PHONE = { viewport: { width: 390, height: 844 } }
const TABLET = { viewport: { width: 1024, height: 768 } }

/** What axe finds, in words. */
async function faults(page) {
    await page.evaluate(AXE)
    return page.evaluate(async () => {
        const { violations } = await window.axe.run(document, { resultTypes: ['violations'] })
        return violations.flatMap(({ id, nodes }) => nodes.map(node => `${id}: ${node.target.join(' ')}: ${node.failureSummary?.split('\n')[1]?.trim()}`))
    })
}

for (const colorScheme of ['light', 'dark']) {
    test(`axe finds nothing, ${colorScheme}`, () =>
        it.page(
            async page => {
                assert.deepEqual(await faults(page), [], 'the start')
                await page.locator('#files').setInputFiles(DARK)
                await page.getByText('Verified: nothing was found.').waitFor()
                assert.deepEqual(await faults(page), [], 'the end of the session')
                await page.keyboard.press('g')
                await page.keyboard.press('Shift+O')
                await page.keyboard.press('Shift+T')
                await page.keyboard.press('Enter')
                await page.locator('.details pre.raw').waitFor()
                assert.deepEqual(await faults(page), [], 'all open')
                for (const tab of ['Branches', 'Prompts', 'Labels', 'Findings']) {
                    await page.getByRole('tab', { name: tab }).click()
                    await page.waitForFunction(() => document.querySelector('#pane .list, #pane .nothing'))
                    assert.deepEqual(await faults(page), [], tab)
                }
                await page.locator('#search').fill('dark')
                await page.locator('.hit').first().waitFor()
                assert.deepEqual(await faults(page), [], 'search')
            },
            { options: { colorScheme } },
        ))
}

test('nothing lies over the text of an entry, and nothing is cut off', () =>
    it.session(
        DARK,
        async page => {
            await page.keyboard.press('Shift+O')
            for (const key of ['g', 'Shift+G']) {
                await page.keyboard.press(key)
                const over = await page.locator('.row').evaluateAll(rows =>
                    rows.flatMap(row => {
                        const head = row.querySelector('.row-head:has(.chip)')?.getBoundingClientRect()
                        const text = row.querySelector('.prose, .fold')?.getBoundingClientRect()
                        return head && text && head.bottom > text.top + 1 && head.top < text.bottom ? [row.textContent.slice(0, 60)] : []
                    }),
                )
                assert.deepEqual(over, [])
            }
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
            assert.ok(wide <= 0, 'the page scrolls sideways')
        },
        { options: PHONE },
    ))

for (const [name, options] of Object.entries({ wide: {}, tablet: TABLET, phone: PHONE })) {
    test(`all tabs are seen, ${name}`, () =>
        it.session(
            DARK,
            async page => {
                if (name === 'phone') await page.getByLabel('Overview and branches').click()
                const cut = await page.locator('.tab').evaluateAll(tabs => {
                    const { left, right } = document.querySelector('.side').getBoundingClientRect()
                    return tabs.filter(tab => tab.getBoundingClientRect().right > right || tab.getBoundingClientRect().left < left || tab.scrollWidth > tab.clientWidth + 1).map(tab => tab.textContent)
                })
                assert.deepEqual(cut, [])
                await counts(page.locator('.tab'), 6)
            },
            { options },
        ))
}

test('without room for the details, a scrim closes them', () =>
    it.session(
        DARK,
        async page => {
            await page.keyboard.press('g')
            await page.keyboard.press('Enter')
            await page.locator('.details').waitFor()
            await page.locator('.shade').click({ position: { x: 20, y: 200 } })
            await page.locator('.details').waitFor({ state: 'detached' })
        },
        { options: TABLET },
    ))

test('the tabs are one stop, and arrows move in them', () =>
    it.session(DARK, async page => {
        await page.getByRole('tab', { name: 'About' }).focus()
        const on = () => page.evaluate(() => document.activeElement.id)
        await page.keyboard.press('ArrowRight')
        await soon(page, async () => assert.equal(await on(), 'tab-branches'))
        await page.locator('.rail').first().waitFor()
        await page.keyboard.press('End')
        await soon(page, async () => assert.equal(await on(), 'tab-search'))
        await page.keyboard.press('ArrowRight')
        await soon(page, async () => assert.equal(await on(), 'tab-overview'))
        await counts(page.locator('.tab[tabindex="0"]'), 1)
    }))

test('damage is told over the transcript, with what mends it', () => {
    const log = new Log()
    log.user('first')
    log.line('{"broken": ')
    log.user('second')
    return it.session(it.file("ada's log.jsonl", log.text()), async page => {
        const banner = page.getByRole('alert')
        await banner.getByText('This session is damaged.').waitFor()
        await shows(banner.locator('code'), "jcode-session repair 'ada'\\''s log.jsonl'")
        await banner.getByRole('button', { name: 'Findings' }).click()
        await page.locator('.finding', { hasText: 'invalid-json' }).waitFor()
        await banner.getByLabel('Dismiss').click()
        await banner.waitFor({ state: 'detached' })
    })
})

test('a command is no title', () => {
    const log = new Log()
    log.user('/model opus')
    log.assistant('It is set.')
    log.user('Sort the shelves.')
    return it.session(it.file('titled.jsonl', log.text()), async page => {
        assert.doesNotMatch(await page.locator('.bar-title h1').innerText(), /^\/model/)
        await row(page, log.last).waitFor()
    })
})
