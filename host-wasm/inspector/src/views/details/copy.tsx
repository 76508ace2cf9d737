// Owns: a button that copies a text.
import { useState } from 'preact/hooks'
import { Icon, type IconName } from '../icon'

export function Copy({ text, icon, words }: { text: () => string | Promise<string>; icon: IconName; words: string }) {
    const [done, setDone] = useState(false)
    const copy = async () => {
        try {
            await navigator.clipboard.writeText(await text())
            setDone(true)
            setTimeout(() => setDone(false), 1200)
        } catch {
            // The browser refused; the text can still be selected.
        }
    }
    return (
        <button class="tool tiny" title={done ? 'Copied' : words} aria-label={words} onClick={() => void copy()}>
            <Icon name={done ? 'check' : icon} />
        </button>
    )
}
