// Owns: buttons that copy a text.
import { render } from 'preact'
import { useState } from 'preact/hooks'
import { Icon, type IconName } from './icon'

export function Copy({ text, icon, words }: { text: () => string | Promise<string>; icon: IconName; words: string }) {
    const [done, setDone] = useState(false)
    const copy = async (event: MouseEvent) => {
        event.stopPropagation()
        try {
            await navigator.clipboard.writeText(await text())
            setDone(true)
            setTimeout(() => setDone(false), 1200)
        } catch {
            // The browser refused; the text can still be selected.
        }
    }
    return (
        <button class="tool tiny" title={done ? 'Copied' : words} aria-label={words} onClick={event => void copy(event)}>
            <Icon name={done ? 'check' : icon} />
        </button>
    )
}

/** Puts a button into a block of code that came as HTML. */
export function addCopy(block: HTMLElement): void {
    const holder = document.createElement('span')
    holder.className = 'copy-code'
    const code = block.textContent ?? ''
    render(<Copy text={() => code} icon="copy" words="Copy the code" />, holder)
    block.prepend(holder)
    // What overflows is scrolled, also by keys.
    block.tabIndex = 0
}
