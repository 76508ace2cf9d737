// Asks the server for agents with the official client, and compares with what the commands print.
//
//   node mcp.mjs <jcode-session> <node_modules>
//
// On copies of the sample sessions each tool must answer what its command prints, errors must be the tool's and not the
// protocol's, a long answer must be cut and say so, and nothing beside a session may change.
import { spawnSync } from 'node:child_process'
import { deepStrictEqual, match, ok, strictEqual } from 'node:assert'
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [binary, modules] = process.argv.slice(2)
const ofClient = (path) => import(pathToFileURL(join(resolve(modules), '@modelcontextprotocol/sdk/dist/esm/client', path)))
const { Client } = await ofClient('index.js')
const { StdioClientTransport } = await ofClient('stdio.js')

const home = mkdtempSync(join(tmpdir(), 'mcp-'))
const sessions = join(home, 'sessions')
mkdirSync(sessions)
for (const name of readdirSync('tests/sample').filter((name) => name.endsWith('.jsonl'))) {
  cpSync(join('tests/sample', name), join(sessions, name))
}
const long = join(sessions, 'invoice-rounding.jsonl')
appendFileSync(long, `{"type":"message","id":"00000long","parentId":null,"timestamp":"2026-01-09T10:00:00Z","message":{"role":"user","content":"${'wide '.repeat(50_000)}"}}\n`)
const env = { ...process.env, JCODE_HOME: home, JCODE_SESSION_OTHERS: '0' }

function printed(...args) {
  const done = spawnSync(binary, args, { env, encoding: 'utf8' })
  ok(done.status < 2, `jcode-session ${args.join(' ')}: ${done.stderr}`)
  return done.stdout
}
const bytes = () => readdirSync(sessions).map((name) => [name, readFileSync(join(sessions, name)).toString('latin1')])

const client = new Client({ name: 'test', version: '1' })
await client.connect(new StdioClientTransport({ command: resolve(binary), args: ['mcp'], env, stderr: 'inherit' }))
const ask = (name, args = {}) => client.callTool({ name, arguments: args })
const text = (answer) => answer.content.map((part) => part.text).join('\n')

const checks = {
  async 'all tools are there, described, and only read'() {
    const { tools } = await client.listTools()
    deepStrictEqual(tools.map(({ name }) => name).sort(), ['list', 'search', 'show', 'tree'])
    for (const tool of tools) {
      ok(tool.description.length > 20)
      strictEqual(tool.annotations.readOnlyHint, true)
      for (const field of Object.values(tool.inputSchema.properties)) ok(field.description)
    }
  },
  async 'a list is what list prints'() {
    deepStrictEqual((await ask('list')).structuredContent, JSON.parse(printed('list', '--json', '--limit', '20')))
    deepStrictEqual((await ask('list', { limit: 1 })).structuredContent.sessions.length, 1)
  },
  async 'a search is what search prints'() {
    const answer = await ask('search', { query: ['palette'], context: 1 })
    const ours = JSON.parse(printed('search', 'palette', '--json', '--limit', '20', '--context', '1'))
    ok(ours.total > 0)
    deepStrictEqual(answer.structuredContent, ours)
    deepStrictEqual(JSON.parse(answer.content[0].text), ours)
    strictEqual((await ask('search', { query: ['no such text at all'] })).structuredContent.total, 0)
  },
  async 'a tree is what tree prints'() {
    deepStrictEqual((await ask('tree', { session: 'dark-mode' })).structuredContent, JSON.parse(printed('tree', 'dark-mode', '--json')))
  },
  async 'entries are what show prints'() {
    const args = { session: 'dark-mode', tail: 3 }
    strictEqual((await ask('show', args)).content[0].text, printed('show', 'dark-mode', '--tail', '3'))
    strictEqual((await ask('show', { ...args, raw: true })).content[0].text, printed('show', 'dark-mode', '--tail', '3', '--json'))
    const { total, hits } = (await ask('search', { query: ['palette'] })).structuredContent
    ok(total > 0)
    const one = text(await ask('show', { session: hits[0].session_id, entry: hits[0].entry_id }))
    match(one, /palette/i)
  },
  async 'a long answer is cut and says so'() {
    const answer = text(await ask('show', { session: 'invoice-rounding', entry: '00000long' }))
    ok(answer.length < 70_000 && answer.includes('[cut here'))
  },
  async 'errors are the tool’s, with the words of the command'() {
    for (const [name, args, words] of [
      ['tree', { session: 'nowhere' }, /nowhere/],
      ['show', { session: 'dark-mode', entry: 'zzz' }, /zzz/],
      ['search', { query: ['a'], since: 'yesterday-ish' }, /write a time as/],
      ['search', { query: ['('], regex: true }, /unclosed|regex/i]
    ]) {
      const answer = await ask(name, args)
      strictEqual(answer.isError, true, name)
      match(text(answer), words)
    }
    await ask('list', { wrong: 1 }).then((answer) => ok(answer.isError), (error) => match(String(error), /wrong/))
  }
}

let failed = 0
const before = bytes()
for (const [name, check] of Object.entries({ ...checks, async 'no file beside a session changes'() { deepStrictEqual(bytes(), before) } })) {
  try {
    await check()
    console.log(`ok ${name}`)
  } catch (error) {
    failed += 1
    console.log(`not ok ${name}\n${error.stack}`)
  }
}
await client.close()
rmSync(home, { recursive: true })
console.log(`mcp: ${Object.keys(checks).length + 1 - failed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0
