import { writeFileSync } from 'node:fs'
import { Log, PIXEL } from './lib/session.mjs'
const log = new Log()
log.entry('session_info', { name: 'Keep what stands before a torn tail' })
log.entry('model_change', { provider: 'anthropic', modelId: 'claude-sonnet-4-5' })
log.user('When the power goes **during an append**, the last line is torn. Does `open` keep the rest?')
log.message('assistant', [{ type: 'thinking', thinking: 'Look at recover.rs first.\nThen the crash tests.' }, { type: 'text', text: 'Let me look at `recover` and its tests.' },
 { type: 'toolCall', id: 'a', name: 'read', arguments: { path: 'core/src/write/recover.rs' } }, { type: 'toolCall', id: 'b', name: 'bash', arguments: { command: 'cargo test -p tests --test write_crash 2>&1 | tail -5' } }], { model: 'claude-sonnet-4-5' })
log.message('toolResult', [{ type: 'text', text: '//! What opening for writing makes of a damaged end.\n'.repeat(40) }], { toolCallId: 'a', toolName: 'read' })
log.message('toolResult', [{ type: 'text', text: 'error: test failed, to rerun pass `--test write_crash`\n\nthread panicked at tests/write_crash.rs:88' }], { toolCallId: 'b', toolName: 'bash', isError: true })
log.assistant(`It does, with one exception:\n\n| case | kept |\n|---|---|\n| torn line | everything before it |\n| whole record without LF | that record too |\n\n\`\`\`rust\n// Above \`synced_len\` the log is cut at the first damaged record.\nfn cut(&mut self, at: u64) -> Result<(), RecoverError> {\n    self.storage.set_len(at)?;\n    self.storage.sync()\n}\n\`\`\`\n\n1. It is **cut**, not rewritten.\n2. What is cut goes to \`quarantine/\`; see [the guide](https://example.org/guide).\n\n> Nothing below \`synced_len\` is ever cut.`)
log.message('user', [{ type: 'text', text: 'This is what I see:' }, { type: 'image', mimeType: 'image/png', data: PIXEL }])
log.entry('label', { targetId: log.last, label: 'question' })
log.entry('compaction', { summary: 'The user asked about torn tails. `recover` cuts them; a test fails on line 88.', firstKeptEntryId: 'e0000002', tokensBefore: 120000 })
log.message('bashExecution', undefined, { command: 'git status --short', output: ' M core/src/write/recover.rs', exitCode: 0 })
log.assistant('Fixed. The test passes now.')
log.entry('custom', { customType: 'my-extension', data: { a: [1, 2, 3] } })
log.line('{"type":"message","id":"torn","parentId":"e0000')
writeFileSync(process.argv[2], log.text())
