// Owns: numbers, sizes and times as words, the same everywhere on the page.

const numbers = new Intl.NumberFormat('en')

/** `12,345`. */
export function number(value: number): string {
    return numbers.format(value)
}

/** `1 entry`, `2 entries`. */
export function count(value: number, one: string, many = `${one}s`): string {
    return `${number(value)} ${value === 1 ? one : many}`
}

/** `15.98 KiB`, as the command line says it. */
export function bytes(value: number): string {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
    let unit = 0
    let amount = value
    while (amount >= 1024 && unit < units.length - 1) {
        amount /= 1024
        unit += 1
    }
    return unit === 0 ? `${number(value)} B` : `${amount.toFixed(amount >= 100 ? 0 : amount >= 10 ? 1 : 2)} ${units[unit]}`
}

/** `1,234`, `12.3k`, `3.4M`. */
export function short(value: number): string {
    if (value < 10_000) return number(Math.round(value))
    const units = ['k', 'M', 'G', 'T']
    let unit = -1
    let amount = value
    while (amount >= 1000 && unit < units.length - 1) {
        amount /= 1000
        unit += 1
    }
    return `${amount.toFixed(amount >= 100 ? 0 : 1)}${units[unit]}`
}

const pad = (value: number) => String(value).padStart(2, '0')

/** `2026-01-09 09:02:51`, in UTC as in the log; nothing for no time. */
export function time(at: number | null | undefined): string {
    if (at === null || at === undefined || Math.abs(at) > 8.64e15) return ''
    const date = new Date(at)
    const day = `${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`
    return `${day} ${clock(at)}`
}

/** `09:02:51`, in UTC. */
export function clock(at: number | null | undefined): string {
    if (at === null || at === undefined || Math.abs(at) > 8.64e15) return ''
    const date = new Date(at)
    return `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`
}

/** `2 h 5 min`: the two largest units of a span of milliseconds. */
export function span(milliseconds: number): string {
    const seconds = Math.round(milliseconds / 1000)
    const parts: [number, string][] = [
        [Math.floor(seconds / 86400), 'd'],
        [Math.floor(seconds / 3600) % 24, 'h'],
        [Math.floor(seconds / 60) % 60, 'min'],
        [seconds % 60, 's'],
    ]
    const first = parts.findIndex(([amount]) => amount > 0)
    if (first < 0) return '0 s'
    return parts
        .slice(first, first + 2)
        .filter(([amount]) => amount > 0)
        .map(([amount, unit]) => `${number(amount)} ${unit}`)
        .join(' ')
}
