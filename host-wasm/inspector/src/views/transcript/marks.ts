// Owns: marking what was searched for in the rows that are seen.
// Invariant: the page's elements stay as they are: ranges are highlighted, nothing is put in between.
import { effect } from '@preact/signals'
import { question } from '../../state/search'

const PARTS = '.prose p, .prose li, .prose pre, .prose td, .prose th, .prose h1, .prose h2, .prose h3, .prose h4, .prose h5, .prose h6, pre.text, .diff-line code, .fold-head, .note, .row-name'
/** Ranges that are marked at most. */
const MOST = 2000

/** Keeps the marks in `box` up to date; gives what ends it. */
export function markIn(box: HTMLElement): () => void {
    if (!('highlights' in CSS)) return () => undefined
    let asked = 0
    const soon = () => {
        cancelAnimationFrame(asked)
        asked = requestAnimationFrame(() => mark(box, question.value))
    }
    const stop = effect(() => {
        void question.value
        soon()
    })
    const changes = new MutationObserver(soon)
    changes.observe(box, { childList: true, characterData: true, subtree: true })
    return () => {
        stop()
        changes.disconnect()
        cancelAnimationFrame(asked)
        CSS.highlights.delete('found')
    }
}

function mark(box: HTMLElement, text: string): void {
    const ranges: Range[] = []
    if (text !== '') for (const part of box.querySelectorAll(PARTS)) if (ranges.length < MOST) ranges.push(...found(part, text))
    CSS.highlights.set('found', new Highlight(...ranges))
}

/** Where a text stands in an element, in whatever elements its letters are. */
function found(part: Element, text: string): Range[] {
    const nodes: Text[] = []
    const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) nodes.push(walker.currentNode as Text)
    const whole = nodes.map(node => node.data).join('')
    const [low, wanted] = [whole.toLowerCase(), text.toLowerCase()]
    // Letters that change their length with their case would shift the rest.
    const [there, sought] = low.length === whole.length ? [low, wanted] : [whole, text]
    const ranges: Range[] = []
    for (let at = there.indexOf(sought); at >= 0; at = there.indexOf(sought, at + sought.length)) {
        const [start, end] = [place(nodes, at), place(nodes, at + sought.length)]
        if (!start || !end) break
        const range = document.createRange()
        range.setStart(...start)
        range.setEnd(...end)
        ranges.push(range)
    }
    return ranges
}

function place(nodes: Text[], at: number): [Text, number] | undefined {
    let left = at
    for (const node of nodes) {
        if (left <= node.data.length) return [node, left]
        left -= node.data.length
    }
    return undefined
}
