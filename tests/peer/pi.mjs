// Opens logs that jcode-session migrated with pi's own SessionManager, and compares what both say.
//
//   node pi.mjs <jcode-session> <node_modules> <folder of other agents' sessions> <log>...
//
// Each log is copied and migrated first. Then pi must see the same entries, parents, leaf, branches and labels, must
// not rewrite the file, and must upgrade the original to the same entries, ids aside. The same is asked of logs that
// jcode-session appended to, made or forked, and of one that both programs wrote by turns. What pi keeps beside the
// content of messages is shown, and what it edited is shown as pi sends it to a model. Sessions of other agents are
// imported: pi must open them, and send what was said, each result behind its call.
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { deepStrictEqual, ok, strictEqual } from 'node:assert'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [binary, modules, agents, ...logs] = process.argv.slice(2)
const ofPi = (path) => import(pathToFileURL(join(resolve(modules), '@earendil-works', path)))
const { SessionManager, migrateSessionEntries, parseSessionEntries } = await ofPi('pi-coding-agent/dist/core/session-manager.js')
const { convertToLlm } = await ofPi('pi-coding-agent/dist/core/messages.js')
const { transformMessages } = await ofPi('pi-ai/dist/api/transform-messages.js')

function run(...args) {
  return runWith('', ...args)
}

function runWith(input, ...args) {
  const done = spawnSync(binary, args, { input, encoding: 'utf8', maxBuffer: 1 << 30 })
  strictEqual(done.status, 0, `jcode-session ${args.join(' ')}: ${done.stderr}`)
  return done.stdout
}

const lines = (text) => text.split('\n').filter(Boolean).map((line) => JSON.parse(line))

/** What pi says about a log, in the form of `tree --json`. */
function treeOf(session) {
  const entries = session.getEntries()
  const children = new Map(entries.map((entry) => [entry.id, []]))
  for (const { id, parentId } of entries) children.get(parentId)?.push(id)
  const idsWhere = (keep) => entries.map((entry) => entry.id).filter(keep)
  return {
    entry_count: entries.length,
    active_leaf: session.getLeafId(),
    roots: entries.filter(({ parentId }) => !children.has(parentId)).map(({ id }) => id),
    leaves: idsWhere((id) => children.get(id).length === 0).map((id) => ({ id, depth: session.getBranch(id).length })),
    branch_points: idsWhere((id) => children.get(id).length > 1).map((id) => ({ id, children: children.get(id) })),
    labels: idsWhere((id) => session.getLabel(id)).map((id) => ({ entry_id: id, name: session.getLabel(id) }))
  }
}

function compare(log) {
  const ours = JSON.parse(run('tree', log, '--json'))
  const before = readFileSync(log)
  const session = SessionManager.open(log)
  const theirs = treeOf(session)
  strictEqual(session.getSessionId(), ours.session_id, 'session id')
  deepStrictEqual(
    theirs,
    {
      entry_count: ours.entry_count,
      active_leaf: ours.active_leaf,
      roots: ours.roots,
      leaves: ours.leaves.map(({ id, depth }) => ({ id, depth })),
      branch_points: ours.branch_points,
      labels: ours.labels.map(({ entry_id, name }) => ({ entry_id, name }))
    },
    'tree'
  )
  deepStrictEqual(lines(run('show', log, '--file-order', '--json')), session.getEntries(), 'entries')
  for (const { id } of ours.leaves) {
    const branch = session.getBranch(id)
    ok(branch.length > 0 && !theirs.roots.every((root) => root !== branch[0].id), `branch of ${id} begins at a root`)
    deepStrictEqual(lines(run('show', log, '--path', id, '--json')), branch, `branch of ${id}`)
  }
  ok(readFileSync(log).equals(before), 'pi rewrote the log')
}

/** Entries with their ids numbered in order, so that upgrades with different ids can be compared. */
function withoutIds(entries) {
  const numbers = new Map(entries.filter(({ type }) => type !== 'session').map(({ id }, number) => [id, number]))
  const known = ['id', 'parentId', 'firstKeptEntryId', 'targetId', 'fromId']
  return entries.map((entry) => {
    if (entry.type === 'session') return entry
    const changed = known.filter((key) => key in entry).map((key) => [key, numbers.get(entry[key]) ?? entry[key]])
    return { ...entry, ...Object.fromEntries(changed) }
  })
}

function compareUpgrade(original, log) {
  const theirs = parseSessionEntries(readFileSync(original, 'utf8'))
  migrateSessionEntries(theirs)
  deepStrictEqual(withoutIds(lines(readFileSync(log, 'utf8'))), withoutIds(theirs), 'upgrade')
}

/** Appends entries; the ids that were acknowledged. */
function append(log, entries, ...args) {
  const acks = runWith(entries.map((entry) => JSON.stringify(entry) + '\n').join(''), 'append', log, ...args)
  return acks.trim().split('\n').map((line) => line.replace(/^ack /, ''))
}

const said = (role, text) => ({ type: 'message', message: { role, content: [{ type: 'text', text }] } })

/** A branch, labels and a fork, on whatever the log holds. */
function write(log) {
  const [question, answer] = append(log, [said('user', 'Which way?'), said('assistant', 'The short one.')])
  append(log, [said('user', 'The long one, please.'), { type: 'label', targetId: answer, label: 'short' }], '--parent', question)
  run('label', log, question, 'fork in the road')
  compare(log)
  const forked = run('fork', log, '--at', answer).trim()
  compare(join(dirname(log), `${forked}.jsonl`))
}

/** pi writes, we write, pi writes: every entry stands, and each program reads them all. */
function takeTurns(log) {
  append(log, [said('user', 'first')])
  const session = SessionManager.open(log)
  session.appendMessage({ role: 'assistant', content: [{ type: 'text', text: 'second' }] })
  append(log, [said('user', 'third')])
  SessionManager.open(log).appendLabelChange(session.getLeafId(), 'middle')
  compare(log)
  strictEqual(JSON.parse(run('tree', log, '--json')).entry_count, 4, 'entries of both programs')
  compare(log)
}

const FORMS = [['show'], ['export', '--format', 'markdown'], ['export', '--format', 'html']]

/** What stands in a log that pi wrote, as people read it. */
function reads(log, there, gone) {
  for (const [command, ...form] of FORMS) {
    const shown = run(command, log, ...form)
    for (const words of there) ok(shown.includes(words), `${command} ${form.join(' ')} lacks ${words}: ${shown}`)
    for (const words of gone) ok(!shown.includes(words), `${command} ${form.join(' ')} shows ${words}: ${shown}`)
  }
}

/** Sections, tools and tokens, as pi writes them. */
function besideTheContent(log) {
  const tool = (name) => ({ name, description: `runs ${name}`, parameters: { type: 'object' } })
  append(log, [said('user', 'Hello.')])
  const session = SessionManager.open(log)
  const system = { role: 'system', content: '', timestamp: 1 }
  session.appendMessage({ ...system, sections: { preamble: 'You help.', skills: 'none yet' }, toolsAdded: [tool('bash'), tool('read')] })
  session.appendMessage({ ...system, sections: { skills: null }, toolsRemoved: [{ name: 'bash' }] })
  const usage = { input: 3, output: 4, cacheRead: 0, cacheWrite: 0, totalTokens: 7, cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0.5 } }
  session.appendUsage('cache warm', 'anthropic', 'claude', usage, 'kept warm')
  compare(log)
  const words = ['preamble', 'You help.', 'runs bash', 'read', 'section removed: skills', 'tool removed: bash']
  reads(log, [...words, 'cache warm', 'tokens: 3 in, 4 out', 'kept warm'], [])
}

/** Edits by pi: what is shown of the path is what pi would send. */
function edited(log) {
  const [question, answer] = append(log, [said('user', 'the old question'), said('assistant', 'the old answer')])
  append(log, [said('user', 'the last word')])
  const session = SessionManager.open(log)
  session.appendContextEdit(question, { content: 'a first try' })
  session.appendContextEdit(answer, null)
  session.appendContextEdit(question, { content: 'the new question' })
  compare(log)
  const { messages } = SessionManager.open(log).buildSessionContext()
  const sent = messages.map(({ content }) => (typeof content === 'string' ? content : content.map(({ text }) => text).join('')))
  deepStrictEqual(sent, ['the new question', 'the last word'], 'what pi sends')
  reads(log, sent, ['the old question', 'the old answer', 'a first try'])
}

/** Another agent's session: pi opens what it becomes, and goes on with what was said. */
function imported(source) {
  const log = join(process.env.JCODE_HOME, 'sessions', `${run('import', source).trim()}.jsonl`)
  compare(log)
  const path = lines(run('show', log, '--json'))
  const kept = path.findLastIndex(({ type }) => type === 'compaction') + 1
  const said = path.slice(kept).filter(({ type }) => type === 'message').map(({ message }) => message)
  const { messages } = SessionManager.open(log).buildSessionContext()
  deepStrictEqual(said.length > 0 ? messages.slice(-said.length) : [], said, 'what was said')
  for (const { role, usage } of messages) {
    ok(role !== 'assistant' || Number.isFinite(usage.totalTokens + usage.cost.total), 'tokens and costs')
  }
  const sent = transformMessages(convertToLlm(messages), { provider: 'p', api: 'a', id: 'm', input: ['text', 'image'] })
  const results = sent.filter(({ role }) => role === 'toolResult')
  const calls = sent.flatMap(({ role, content }) => (role === 'assistant' ? content.filter(({ type }) => type === 'toolCall') : []))
  deepStrictEqual(results.map(({ toolCallId }) => toolCallId).sort(), calls.map(({ id }) => id).sort(), 'a result for each call')
  const answered = said.filter(({ role }) => role === 'toolResult').length
  const made = results.filter(({ content }) => content[0]?.text === 'No result provided').length
  ok(results.length - made >= answered, 'no result is made up where there is one')
}

const folder = mkdtempSync(join(tmpdir(), 'jcode-session-peer-'))
process.env.JCODE_HOME = join(folder, 'home')
let passed = 0
let failed = 0
function check(name, test) {
  try {
    test()
    passed += 1
    console.log(`same: ${name}`)
  } catch (error) {
    failed += 1
    console.log(`DIFFERENT: ${name}: ${error.message}`)
  }
}

/** A jcode v1 session: pi cannot read it, but must read the log that it becomes. */
function fromV1(snapshot) {
  const stem = snapshot.replace(/\.json$/, '')
  for (const ending of ['json', 'bak', 'journal.jsonl']) {
    if (existsSync(`${stem}.${ending}`)) copyFileSync(`${stem}.${ending}`, join(folder, `${basename(stem)}.${ending}`))
  }
  run('migrate', join(folder, basename(snapshot)))
  compare(join(folder, `${basename(stem)}.jsonl`))
}

for (const snapshot of logs.filter((path) => path.endsWith('.json'))) {
  check(`${basename(snapshot)}, migrated`, () => fromV1(snapshot))
}
for (const original of logs.filter((path) => !path.endsWith('.json'))) {
  const log = join(folder, basename(original))
  check(`${basename(original)}, migrated`, () => {
    copyFileSync(original, log)
    run('migrate', log)
    compare(log)
    compareUpgrade(original, log)
  })
  check(`${basename(original)}, appended to`, () => write(log))
}
for (const source of readdirSync(agents)) check(`${source}, imported`, () => imported(join(agents, source)))
check('a new log', () => write(join(folder, 'new.jsonl')))
check('a log of two writers', () => takeTurns(join(folder, 'turns.jsonl')))
check('what stands beside the content', () => besideTheContent(join(folder, 'beside.jsonl')))
check('edits of the context', () => edited(join(folder, 'edited.jsonl')))
rmSync(folder, { recursive: true })
console.log(`pi: ${passed} passed; ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
