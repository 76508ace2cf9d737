// Owns: turning base64 into a picture that the page may show.
// Invariant: only raster formats whose first bytes are those of the format; never a format that can hold script.

const MAGIC: [mime: string, at: number, bytes: number[]][] = [
    ['image/png', 0, [0x89, 0x50, 0x4e, 0x47]],
    ['image/jpeg', 0, [0xff, 0xd8, 0xff]],
    ['image/gif', 0, [0x47, 0x49, 0x46, 0x38]],
    ['image/webp', 8, [0x57, 0x45, 0x42, 0x50]],
    ['image/avif', 4, [0x66, 0x74, 0x79, 0x70, 0x61, 0x76, 0x69, 0x66]],
    ['image/bmp', 0, [0x42, 0x4d]],
]

/** The picture, if it is one of the formats; what it claims to be and how large it is in any case. */
export function picture(claimed: string, encoded: string): { blob: Blob | null; mime: string; bytes: number } {
    const digits = encoded.replace(/=+$/, '').length
    const refused = { blob: null, mime: claimed.slice(0, 60), bytes: Math.floor((digits * 3) / 4) }
    let binary: string
    try {
        binary = atob(encoded)
    } catch {
        return refused
    }
    const bytes = Uint8Array.from(binary, character => character.charCodeAt(0))
    const found = MAGIC.find(([, at, magic]) => magic.every((byte, number) => bytes[at + number] === byte))
    if (!found) return refused
    return { blob: new Blob([bytes], { type: found[0] }), mime: found[0], bytes: bytes.length }
}
