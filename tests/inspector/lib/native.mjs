// Owns: the command line, where it was built: it makes sidecars, and serves the page.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const ROOT = new URL('../../../', import.meta.url).pathname
const TARGET = process.env.CARGO_TARGET_DIR ?? `${ROOT}target`

/** Path of `jcode-session`; undefined where it was not built. */
export const program = [process.env.JCODE_SESSION, `${TARGET}/debug/jcode-session`, `${TARGET}/release/jcode-session`].find(
    path => path && existsSync(path),
)

/** For `test`: why it is skipped, if it is. */
export const skip = program ? false : 'jcode-session was not built: `cargo build`'

export function native(...args) {
    const ran = spawnSync(program, args, { encoding: 'utf8' })
    if (ran.error) throw ran.error
    return ran
}
