// Times pi's own SessionManager once: node bench.mjs <node_modules> open|tree|context <log>, or list <folder>
//
// Prints the seconds from the first touch of the file until the answer is there; starting Node and loading pi do not
// count.
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [modules, what, path] = process.argv.slice(2)
const manager = join(resolve(modules), '@earendil-works/pi-coding-agent/dist/core/session-manager.js')
const { SessionManager } = await import(pathToFileURL(manager))

const answers = {
  open: () => SessionManager.open(path).getEntries().slice(-50).length,
  tree: () => SessionManager.open(path).getTree().length,
  context: () => SessionManager.open(path).buildSessionContext().messages.length,
  list: async () => (await SessionManager.listAll(path)).length
}
const start = performance.now()
const answer = await answers[what]()
const seconds = (performance.now() - start) / 1000
if (!(answer > 0)) throw new Error(`${what} of ${path} gave ${answer}`)
console.log(JSON.stringify({ seconds, answer }))
