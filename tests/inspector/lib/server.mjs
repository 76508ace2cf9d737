// Owns: a server for the built page, below a path of its own, with the session of a listing if one is given.
// Ranges are served as `jcode-session inspect` does.
import { createReadStream, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'

const DIST = new URL('../../../host-wasm/inspector/dist/', import.meta.url).pathname
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.svg': 'image/svg+xml' }

/** Serves the page, and `files` (`{role, name, path}`) as one session. Gives `{url, close}`. */
export async function serve(files = null) {
    const server = createServer((request, response) => {
        const path = decodeURIComponent(new URL(request.url, 'http://local').pathname)
        if (!path.startsWith('/page/')) return end(response, 404)
        const rest = path.slice('/page/'.length)
        if (rest === 'session.json') return files ? listing(response, files) : end(response, 404)
        const file = files?.[Number(/^files\/(\d+)$/.exec(rest)?.[1] ?? -1)]
        if (file) return send(request, response, file.path, 'application/octet-stream')
        const asset = join(DIST, normalize(`/${rest || 'index.html'}`))
        if (files && asset.endsWith('/index.html')) return marked(response, asset)
        return send(request, response, asset, TYPES[extname(asset)] ?? 'application/octet-stream')
    })
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
    return { url: `http://127.0.0.1:${server.address().port}/page/`, close: () => server.close() }
}

function end(response, status) {
    response.writeHead(status).end()
}

function listing(response, files) {
    const listed = files.map(({ role, name, path }, number) => ({ role, name, size: statSync(path).size, url: `files/${number}` }))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ name: files[0].name, files: listed }))
}

/** The page as a server of one session marks it. */
function marked(response, path) {
    response.writeHead(200, { 'content-type': 'text/html' })
    response.end(readFileSync(path, 'utf8').replace('name="served" content="nothing"', 'name="served" content="session"'))
}

function send(request, response, path, type) {
    let size
    try {
        size = statSync(path).size
    } catch {
        return end(response, 404)
    }
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '')
    const [start, last] = range ? [Number(range[1]), Math.min(Number(range[2]), size - 1)] : [0, size - 1]
    if (start > last && size > 0) return end(response, 416)
    const headers = { 'content-type': type, 'content-length': last - start + 1, 'accept-ranges': 'bytes' }
    if (range) headers['content-range'] = `bytes ${start}-${last}/${size}`
    response.writeHead(range ? 206 : 200, headers)
    return createReadStream(path, { start, end: last }).pipe(response)
}
