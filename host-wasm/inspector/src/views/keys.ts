// Owns: what keys do.
// Invariant: no key acts while something is typed, and none that the browser or the system uses is taken.
import { comparing } from '../state/compare'
import { linkTo } from '../state/route'
import { phase } from '../state/session'
import { details, drawer, help, open, plot } from '../state/shell'
import { cursor, go, length, look, onlyTail, pages, put, scope, step } from '../state/transcript'
import { stepHit } from './hit'
import { isOpen, toggle, toggleAll } from './transcript/folds'
import { list } from './transcript/transcript'

const at = () => cursor.value?.index ?? list.current?.top() ?? 0

function fold(): void {
    const row = pages.value.at(at())
    const places = row?.blocks.map((block, number) => `${row.key} ${block.at ?? number}`) ?? []
    const all = places.every(place => isOpen(place, ''))
    for (const place of places) toggle(place, !all)
}

function escape(): void {
    if (help.value) help.value = false
    else if (drawer.value) drawer.value = false
    else if (comparing.value) comparing.value = null
    else if (details.value) details.value = false
    else cursor.value = null
}

const DOES: Record<string, () => void> = {
    j: () => void step(1, at()),
    ArrowDown: () => void step(1, at()),
    k: () => void step(-1, at()),
    ArrowUp: () => void step(-1, at()),
    g: () => void put(0, 'start'),
    Home: () => void put(0, 'start'),
    G: () => void put(length.value - 1, 'end'),
    End: () => void put(length.value - 1, 'end'),
    Enter: () => (details.value = true),
    o: fold,
    y: () => {
        const key = cursor.value?.key
        if (key !== undefined) void navigator.clipboard.writeText(new URL(linkTo(key), location.href).href).catch(() => undefined)
    },
    '/': () => document.getElementById('search')?.focus(),
    n: () => stepHit(1),
    N: () => stepHit(-1),
    O: () => toggleAll('call'),
    T: () => toggleAll('thinking'),
    p: () => open('prompts'),
    b: () => open('branches'),
    f: () => open('findings'),
    t: () => (plot.value = !plot.value),
    a: () => {
        if (onlyTail.value) return
        const all = scope.value.kind === 'all'
        const key = cursor.value?.key
        void look(all ? { kind: 'path', leaf: null } : { kind: 'all' }).then(() => (key === undefined ? undefined : go(key)))
    },
    '?': () => (help.value = !help.value),
    Escape: escape,
}

export function listen(): void {
    addEventListener('keydown', event => {
        const target = event.target as HTMLElement
        if (event.ctrlKey || event.metaKey || event.altKey || phase.value.at !== 'open') return
        if (event.key === 'F3') {
            event.preventDefault()
            return stepHit(event.shiftKey ? -1 : 1)
        }
        const typing = target.matches('input, textarea, select')
        if (typing) {
            if (event.key === 'Escape') target.blur()
            return
        }
        // A button that has the focus is pressed by Enter.
        if (event.key === 'Enter' && target.closest('button, a')) return
        const does = DOES[event.key]
        if (!does) return
        event.preventDefault()
        does()
    })
}
