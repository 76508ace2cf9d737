// A session that a server has and that grows while it is looked at.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { appendFileSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { whole } from '../lib/browser.mjs'
import { cursorOn, house, row, SAMPLES, shows } from '../lib/house.mjs'
import { native, program } from '../lib/native.mjs'
import { serve } from '../lib/server.mjs'
import { Log } from '../lib/session.mjs'

const it = house()

/** A served session of some turns; `say` appends to its file. */
async function growing(name, body) {
    const log = new Log()
    for (let turn = 0; turn < 60; turn++) {
        log.user(`question ${turn}`)
        log.assistant(`answer ${turn}`)
    }
    const path = it.file(`${name}.jsonl`, log.text())
    log.lines.length = 0
    const say = write => {
        const key = write(log)
        appendFileSync(path, log.text())
        log.lines.length = 0
        return key
    }
    const server = await serve([{ role: 'log', name: `${name}.jsonl`, path }])
    try {
        await it.page(
            async page => {
                await whole(page)
                await body(page, say)
            },
            { url: server.url },
        )
    } finally {
        server.close()
    }
}

test('at the end, what is appended is shown', () =>
    growing('end', async (page, say) => {
        await row(page, 'e0000119').waitFor()
        const key = say(log => log.user('one more thing'))
        await row(page, key).getByText('one more thing').waitFor()
        await shows(page.locator('.heading-count'), /^121 entries/)
        await page.locator('.figure b').getByText('121').first().waitFor()
        // A call that was open gets its result.
        say(log => log.assistant('Looking.', { type: 'toolCall', id: 'c', name: 'bash', arguments: { command: 'ls' } }))
        await page.locator('.fold.call.open, .fold.call').last().getByText('no result').waitFor()
        say(log => log.message('toolResult', [{ type: 'text', text: 'a.txt' }], { toolCallId: 'c', toolName: 'bash' }))
        await page.locator('.fold.call.done').waitFor()
    }))

test('elsewhere, the place is kept and the news are counted', () =>
    growing('place', async (page, say) => {
        await page.keyboard.press('g')
        await cursorOn(page, 'e0000000')
        const seen = await page.locator('.centre .list').evaluate(box => box.scrollTop)
        const key = say(log => log.user('one more thing'))
        await page.getByRole('button', { name: '1 new entry' }).waitFor()
        assert.equal(await page.locator('.centre .list').evaluate(box => box.scrollTop), seen)
        await cursorOn(page, 'e0000000')
        await page.getByRole('button', { name: '1 new entry' }).click()
        await row(page, key).getByText('one more thing').waitFor()
    }))

test('what is searched for is found in what comes', () =>
    growing('found', async (page, say) => {
        await page.locator('#search').fill('periwinkle')
        await page.getByText('0 entries with “periwinkle”').waitFor()
        say(log => log.user('the colour is periwinkle'))
        await page.locator('.hit mark', { hasText: 'periwinkle' }).waitFor()
    }))

test('a session that goes on elsewhere is followed, or left as it is looked at', () =>
    growing('branch', async (page, say) => {
        await row(page, 'e0000119').waitFor()
        const key = say(log => log.user('another way', 'e0000003'))
        await row(page, key).getByText('another way').waitFor()
        await shows(page.locator('.heading-count'), /^5 entries/)
    }))

test('a reload shows the file as it is', () =>
    growing('reload', async (page, say) => {
        const key = say(log => log.user('one more thing'))
        await page.reload()
        await row(page, key).getByText('one more thing').waitFor()
    }))

const inspects = program && native('inspect', '--help').status === 0

/** Runs `inspect`, and gives its address. */
async function inspecting(args, body) {
    const child = spawn(program, args)
    try {
        const url = await new Promise((resolve, reject) => {
            let said = ''
            child.stdout.on('data', data => {
                said += data
                const found = /http:\/\/\S+/.exec(said)
                if (found) resolve(found[0])
            })
            child.on('exit', code => reject(new Error(`inspect ended with ${code}: ${said}`)))
        })
        await it.page(body, { url })
    } finally {
        child.kill()
    }
}

test('`inspect` without a session lists them all, follows and searches them', { skip: inspects ? false : 'this jcode-session has no `inspect`' }, () => {
    const folder = join(it.folder, 'all')
    mkdirSync(folder, { recursive: true })
    const log = new Log()
    log.user('/model opus')
    log.assistant('It is set.')
    const path = join(folder, 'made-for-a-test.jsonl')
    copyFileSync(join(SAMPLES, 'dark-mode.jsonl'), join(folder, 'dark-mode.jsonl'))
    appendFileSync(path, log.text())
    return inspecting(['inspect', '--no-open', '--sessions-dir', folder], async page => {
        await page.getByText('2 sessions').waitFor()
        await page.locator('.session', { hasText: 'Dark mode for the settings page' }).waitFor()
        await page.getByLabel('Filter').fill('palette')
        await page.keyboard.press('Enter')
        await page.getByText(/^In 1 session: “palette”/).waitFor()
        await page.locator('.found-in button').click()
        await row(page, '935170bb').getByText('Ship it').waitFor()
        await page.getByLabel('Close this session').click()
        await page.getByText('Back to the list').click()
        await page.locator('.session', { hasText: 'made-for-a-test' }).click()
        await row(page, log.last).getByText('It is set.').waitFor()
        log.lines.length = 0
        log.user('and now?')
        appendFileSync(path, log.text())
        await row(page, log.last).getByText('and now?').waitFor()
        assert.ok(readFileSync(path, 'utf8').includes('and now?'))
    })
})
