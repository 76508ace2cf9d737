// Owns: reading bytes at positions, synchronously, from a chosen file or from this page's own server.
// Invariant: exactly the bytes that were asked for, or an exception with words for the user; never a whole file at once.
import type { PositionalSource } from '../../../jcode_session_wasm'
import type { Stored } from '../protocol'

const BLOCK = 256 * 1024
const KEPT = 16

const CHANGED = 'it was changed or removed since it was opened; open it again'

/** A source over `stored`. */
export function source(stored: Stored): PositionalSource {
    return stored instanceof File ? cached(stored.size, fileReader(stored)) : cached(stored.size, urlReader(stored.url))
}

type Read = (offset: number, length: number) => Uint8Array

function fileReader(file: File): Read {
    const reader = new FileReaderSync()
    return (offset, length) => {
        try {
            return new Uint8Array(reader.readAsArrayBuffer(file.slice(offset, offset + length)))
        } catch {
            throw new Error(`${file.name}: ${CHANGED}`)
        }
    }
}

function urlReader(url: string): Read {
    return (offset, length) => {
        const request = new XMLHttpRequest()
        request.open('GET', url, false)
        request.responseType = 'arraybuffer'
        request.setRequestHeader('Range', `bytes=${offset}-${offset + length - 1}`)
        try {
            request.send()
        } catch {
            throw new Error('the server of this page does not answer; is `jcode-session inspect` still running?')
        }
        const body = request.response as ArrayBuffer | null
        if (request.status !== 206 || body?.byteLength !== length) throw new Error(CHANGED)
        return new Uint8Array(body)
    }
}

/** Small reads come from blocks that are kept for a while; long ones, of a pass over the file, go past them. */
function cached(size: number, read: Read): PositionalSource {
    const blocks = new Map<number, Uint8Array>()
    const block = (number: number): Uint8Array => {
        let bytes = blocks.get(number)
        if (bytes === undefined) {
            const start = number * BLOCK
            bytes = read(start, Math.min(BLOCK, size - start))
        }
        blocks.delete(number)
        blocks.set(number, bytes)
        const oldest = blocks.size > KEPT ? blocks.keys().next().value : undefined
        if (oldest !== undefined) blocks.delete(oldest)
        return bytes
    }
    return {
        size,
        read(offset, length) {
            if (length === 0) return new Uint8Array(0)
            const first = Math.floor(offset / BLOCK)
            const last = Math.floor((offset + length - 1) / BLOCK)
            if (last - first > 1) return read(offset, length)
            if (first === last) return block(first).subarray(offset - first * BLOCK, offset - first * BLOCK + length)
            const bytes = new Uint8Array(length)
            const head = block(first).subarray(offset - first * BLOCK)
            bytes.set(head)
            bytes.set(block(last).subarray(0, length - head.length), head.length)
            return bytes
        },
    }
}
