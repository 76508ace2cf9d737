// What can be opened besides a log: a sidecar with it, jcode's v1 files, older logs, what a server has.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { whole } from '../lib/browser.mjs'
import { cursorOn, house, row, SAMPLES, shows } from '../lib/house.mjs'
import { native, program, skip } from '../lib/native.mjs'
import { serve } from '../lib/server.mjs'

const it = house()
const at = '2026-02-03T08:00:00Z'

/** A log with its sidecar, as the command line makes it. */
function indexed(name) {
    const log = it.file(`${name}.jsonl`, readFileSync(join(SAMPLES, 'dark-mode.jsonl')))
    assert.equal(native('migrate', log).status, 0)
    return [log, join(it.folder, `${name}.sqlite3`)]
}

test('a log and its sidecar', { skip }, () =>
    it.session(indexed('pair'), async page => {
        await shows(page.locator('.overview'), /Sidecar\s+fresh/)
        await shows(page.locator('.overview'), /43\s+entries/)
        await row(page, '935170bb').getByText('Ship it').waitFor()
        await page.getByText('Verified: nothing was found.').waitFor()
    }))

test('snapshot and journal of jcode v1', async () => {
    const message = (id, role, content) => ({ id, role, content, timestamp: at })
    const common = { title: 'Old days', updated_at: at, status: 'Closed', is_canary: false, is_debug: false, saved: false, working_dir: '/home/ada' }
    const snapshot = {
        id: 'session_fox_1', parent_id: null, created_at: at, ...common,
        messages: [
            message('message_1', 'user', [{ type: 'text', text: 'First of the snapshot' }]),
            message('message_2', 'assistant', [{ type: 'tool_use', id: 't', name: 'bash', input: { command: 'ls -la' } }]),
            message('message_3', 'user', [{ type: 'tool_result', tool_use_id: 't', content: 'total 0' }]),
        ],
    }
    const journal = { meta: common, append_messages: [message('message_4', 'assistant', [{ type: 'text', text: 'Last of the journal' }])] }
    const files = [it.file('session_fox_1.json', JSON.stringify(snapshot)), it.file('session_fox_1.journal.jsonl', `${JSON.stringify(journal)}\n`)]
    await it.session(files, async page => {
        await shows(page.locator('.bar-title h1'), 'Old days')
        await shows(page.locator('.overview'), /jcode-v1/)
        await row(page, 'message_4').getByText('Last of the journal').waitFor()
        const call = row(page, 'message_2').locator('.fold')
        await call.locator('.fold-head').click()
        await call.getByText('total 0').waitFor()
    })
})

test('a log of an older dialect', () =>
    it.session(join(SAMPLES, 'invoice-rounding.jsonl'), async page => {
        await shows(page.locator('.overview'), /linear-v1 shown as migrate would write it/)
        await page.keyboard.press('g')
        await page.keyboard.press('Enter')
        await page.locator('.details pre.raw').getByText('"parentId"').first().waitFor()
    }))

test('the session of a server, by ranges', async () => {
    const server = await serve([{ role: 'log', name: 'dark-mode.jsonl', path: join(SAMPLES, 'dark-mode.jsonl') }])
    try {
        await it.page(
            async page => {
                await whole(page)
                await cursorOn(page, '538453d7')
                await shows(page.locator('.figures'), /43\s+entries/)
            },
            { url: `${server.url}#entry=538453d7` },
        )
    } finally {
        server.close()
    }
})

const inspects = program && native('inspect', '--help').status === 0

test('the session that `jcode-session inspect` serves', { skip: inspects ? false : 'this jcode-session has no `inspect`' }, async () => {
    const [log] = indexed('served')
    const child = spawn(program, ['inspect', '--no-open', log])
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
        await it.page(
            async page => {
                await whole(page)
                await row(page, '935170bb').getByText('Ship it').waitFor()
                await shows(page.locator('.overview'), /Sidecar\s+fresh/)
            },
            { url },
        )
    } finally {
        child.kill()
    }
})

test('a sidecar that does not answer: the log does, and the page says why', { skip }, async () => {
    const [log, sidecar] = indexed('honest')
    const bytes = readFileSync(sidecar)
    const cases = {
        wal: [bytes => bytes.fill(2, 18, 20), /WAL/i],
        corrupt: [bytes => bytes.fill(0xff, 0, bytes.length), /damaged|corrupt|not a database/i],
        empty: [() => Buffer.alloc(0), /damaged|corrupt|empty/i],
    }
    for (const [name, [change, words]] of Object.entries(cases)) {
        const broken = [join(it.folder, `${name}.jsonl`), join(it.folder, `${name}.sqlite3`)]
        copyFileSync(log, broken[0])
        writeFileSync(broken[1], change(Buffer.from(bytes)))
        await it.session(broken, async page => {
            await shows(page.locator('.overview'), words)
            await shows(page.locator('.overview'), /43\s+entries/)
        })
    }
    const other = it.file('other.jsonl', readFileSync(join(SAMPLES, 'dark-mode.jsonl'), 'utf8').replaceAll('5b8e2d10', '6b8e2d10').replaceAll('Add a dark', 'Add a bright'))
    await it.session([other, sidecar], async page => {
        await shows(page.locator('.overview'), /another (session|state)/i)
        await shows(page.locator('.overview'), /43\s+entries/)
    })
})
