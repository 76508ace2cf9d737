// Owns: the address of an entry: `#entry=<key>`, a permalink within whatever session is opened.
// Invariant: a key is data: it is only ever compared, never markup.
import { effect } from '@preact/signals'
import { cursor, want } from './transcript'

/** The key that the address names. */
function named(): string | null {
    return new URLSearchParams(location.hash.slice(1)).get('entry')
}

/** The address of an entry. */
export function linkTo(key: string): string {
    return `#${new URLSearchParams({ entry: key })}`
}

/** Follows the address, and lets it follow the cursor. */
export function follow(): void {
    want(named())
    addEventListener('hashchange', () => {
        const key = named()
        if (key !== null && key !== cursor.value?.key) want(key)
    })
    effect(() => {
        const key = cursor.value?.key
        if (key !== undefined && key !== named()) history.replaceState(null, '', linkTo(key))
    })
}
