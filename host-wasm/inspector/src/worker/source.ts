// Owns: reading bytes at positions, synchronously, from a chosen file or from this page's own server.
// Invariant: exactly the bytes that were asked for, or an exception with words for the user; never a whole file at once.
import type { PositionalSource } from '../../../jcode_session_wasm'
import type { Stored } from '../protocol'

const BLOCK = 256 * 1024
const KEPT = 16
const LONG = 4 * 1024 * 1024

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

/** Blocks of one length, those that were asked for last. */
class Blocks {
    readonly length: number
    readonly #kept: number
    readonly #size: number
    readonly #read: Read
    readonly #blocks = new Map<number, Uint8Array>()

    constructor(length: number, kept: number, size: number, read: Read) {
        this.length = length
        this.#kept = kept
        this.#size = size
        this.#read = read
    }

    get(number: number): Uint8Array {
        const start = number * this.length
        const bytes = this.#blocks.get(number) ?? this.#read(start, Math.min(this.length, this.#size - start))
        this.#blocks.delete(number)
        this.#blocks.set(number, bytes)
        const oldest = this.#blocks.size > this.#kept ? this.#blocks.keys().next().value : undefined
        if (oldest !== undefined) this.#blocks.delete(oldest)
        return bytes
    }

    has(number: number): boolean {
        return this.#blocks.has(number)
    }
}

/**
 * Each read crosses to another process, which costs more than the bytes. So a pass over the file is read in long blocks;
 * small reads come from short ones, unless a long one is there.
 */
function cached(size: number, read: Read): PositionalSource {
    const short = new Blocks(BLOCK, KEPT, size, read)
    const long = new Blocks(LONG, 2, size, read)
    return {
        size,
        read(offset, length) {
            if (length === 0) return new Uint8Array(0)
            const end = offset + length
            const isInLong = long.has(Math.floor(offset / LONG)) && long.has(Math.floor((end - 1) / LONG))
            const blocks = isInLong || length > BLOCK ? long : short
            const number = (at: number) => Math.floor(at / blocks.length)
            const part = (block: number) => {
                const start = block * blocks.length
                return blocks.get(block).subarray(Math.max(0, offset - start), Math.min(blocks.length, end - start))
            }
            if (number(offset) === number(end - 1)) return part(number(offset))
            const bytes = new Uint8Array(length)
            for (let block = number(offset), at = 0; at < length; block++) {
                const piece = part(block)
                bytes.set(piece, at)
                at += piece.length
            }
            return bytes
        },
    }
}
