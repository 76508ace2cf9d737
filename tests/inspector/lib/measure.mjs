// Owns: figures of a page: how long until something is there, the longest time without a frame, memory.
import { readdirSync, readFileSync, statSync } from 'node:fs'

export const mib = bytes => `${(bytes / 2 ** 20).toFixed(1)} MiB`

/** Notes the longest time between two frames, from now on. */
export async function watchFrames(page) {
    await page.evaluate(() => {
        window.longest = 0
        let last = performance.now()
        const frame = now => {
            window.longest = Math.max(window.longest, now - last)
            last = now
            requestAnimationFrame(frame)
        }
        requestAnimationFrame(frame)
    })
    return async () => {
        const longest = await page.evaluate(() => window.longest)
        await page.evaluate(() => (window.longest = 0))
        return longest
    }
}

/** Bytes that the tab holds: of the page and of its workers, with what wasm has taken. */
export async function memory(page) {
    const session = await page.context().newCDPSession(page)
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    const workers = await Promise.all(
        page.workers().map(worker =>
            worker.evaluate(() => performance.memory?.usedJSHeapSize ?? 0).catch(() => 0),
        ),
    )
    const renderer = residents()
    return { page: usedSize, workers: workers.reduce((sum, bytes) => sum + bytes, 0), renderer }
}

/** Resident bytes of the largest renderer process of the browsers that this program started. */
function residents() {
    if (process.platform !== 'linux') return 0
    let most = 0
    for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
        try {
            const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
            if (!command.includes('--type=renderer')) continue
            if (statSync(`/proc/${pid}`).uid !== process.getuid?.()) continue
            const resident = /RssAnon:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
            most = Math.max(most, Number(resident?.[1] ?? 0) * 1024)
        } catch {
            // It has ended meanwhile.
        }
    }
    return most
}
