// Owns: sessions made for the tests of the page, of any length, always the same for the same options.
import { closeSync, openSync, writeSync } from 'node:fs'

const START = Date.parse('2026-02-03T08:00:00Z')

/** A pixel, as PNG. */
export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

const WORDS =
    'the parser reads a line at a time and keeps its place so that a torn tail never hides what stands before it when we open the session again after a crash in the middle of an append'.split(' ')

function random(seed) {
    let state = seed >>> 0
    return below => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0
        return Math.floor((state / 2 ** 32) * below)
    }
}

/** Collects lines of a log; every entry is the child of the one before unless told otherwise. */
export class Log {
    lines = []
    #count = 0
    last = null

    constructor(header = {}) {
        this.line({ type: 'session', version: 3, id: 'made-for-a-test', timestamp: new Date(START).toISOString(), cwd: '/home/ada/engine', ...header })
    }

    line(value) {
        this.lines.push(typeof value === 'string' ? value : JSON.stringify(value))
        return this
    }

    /** Adds an entry, and gives its id. */
    entry(type, fields, parent = this.last) {
        const id = fields.id ?? `e${String(this.#count).padStart(7, '0')}`
        const timestamp = new Date(START + this.#count * 7_000).toISOString()
        this.#count += 1
        this.line({ type, id, parentId: parent, timestamp, ...fields })
        this.last = id
        return id
    }

    message(role, content, fields = {}, parent = this.last) {
        return this.entry('message', { message: { role, content, ...fields } }, parent)
    }

    user(text, parent = this.last) {
        return this.message('user', [{ type: 'text', text }], {}, parent)
    }

    assistant(text, ...blocks) {
        return this.message('assistant', [{ type: 'text', text }, ...blocks], { model: 'claude-sonnet-4-5', usage: { input: 1200, output: 340, cacheRead: 800, cacheWrite: 20, totalTokens: 2360, cost: { total: 0.0123 } } })
    }

    text() {
        return this.lines.join('\n') + '\n'
    }
}

function sentence(roll, words) {
    return Array.from({ length: words }, () => WORDS[roll(WORDS.length)]).join(' ')
}

/** Writes a log of at least `bytes`, with about `branches` branches. Gives the number of entries. */
export function writeLog(path, { bytes, branches = 20, seed = 1, output = 900 }) {
    const file = openSync(path, 'w')
    const roll = random(seed)
    const log = new Log()
    log.entry('session_info', { name: 'A long day with the parser' })
    log.entry('model_change', { provider: 'anthropic', modelId: 'claude-sonnet-4-5' })
    let [written, entries, turn] = [0, 2, 0]
    const turns = []
    const flush = () => {
        if (log.lines.length > 0) written += writeSync(file, log.text())
        log.lines.length = 0
    }
    const each = Math.max(3, Math.floor(bytes / (output + 1500) / branches))
    while (written < bytes) {
        const back = turn > 0 && turn % each === 0 ? turns[Math.max(0, turns.length - 1 - roll(40))] : log.last
        turns.push(log.user(`${turn}: ${sentence(roll, 12)}?`, back))
        if (turns.length > 100) turns.shift()
        const id = `call_${turn}`
        log.assistant(`Let me see.\n\n- ${sentence(roll, 6)}\n- \`${sentence(roll, 3)}\`\n\n\`\`\`rust\nfn line(n: usize) -> Option<&str> {\n    None\n}\n\`\`\``, {
            type: 'toolCall', id, name: 'bash', arguments: { command: `grep -rn "${WORDS[roll(WORDS.length)]}" src | head` },
        })
        const printed = Array.from({ length: Math.ceil(output / 80) }, (_, line) => `src/lib.rs:${line}: ${sentence(roll, 11)}`).join('\n')
        log.message('toolResult', [{ type: 'text', text: printed }], { toolCallId: id, toolName: 'bash', isError: turn % 17 === 3 })
        log.assistant(`${sentence(roll, 30)}.`)
        entries += 4
        if (turn % each === each - 1) {
            log.entry('label', { targetId: log.last, label: `try-${turn}` })
            entries += 1
        }
        turn += 1
        if (log.lines.length > 400) flush()
    }
    flush()
    closeSync(file)
    return { bytes: written, entries }
}
