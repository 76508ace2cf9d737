// Owns: the list of keys.
import { useEffect, useRef } from 'preact/hooks'
import { help } from '../state/shell'

const KEYS: [keys: string, does: string][] = [
    ['j  ↓', 'next entry'],
    ['k  ↑', 'previous entry'],
    ['g', 'first entry'],
    ['G', 'last entry'],
    ['Enter', 'details and raw line of the entry'],
    ['o', 'open or fold the tool calls of the entry'],
    ['O', 'open or fold all tool calls'],
    ['T', 'open or fold all thinking'],
    ['y', 'copy the link to the entry'],
    ['/', 'search'],
    ['n  F3', 'next hit'],
    ['N', 'previous hit'],
    ['b', 'branches'],
    ['p', 'prompts'],
    ['f', 'findings'],
    ['t', 'timeline'],
    ['a', 'path or all entries in file order'],
    ['Esc', 'close what is open'],
    ['?', 'this list'],
]

export function Help() {
    const dialog = useRef<HTMLDialogElement>(null)
    useEffect(() => dialog.current?.showModal(), [])
    const close = () => (help.value = false)
    return (
        <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={close} onClick={close}>
            <h2 id="help-title">Keys</h2>
            <dl>
                {KEYS.map(([keys, does]) => (
                    <div key={keys}>
                        <dt>
                            {keys.split(/ +/).map(key => (
                                <kbd key={key}>{key}</kbd>
                            ))}
                        </dt>
                        <dd>{does}</dd>
                    </div>
                ))}
            </dl>
            <p>Times are UTC, as in the log.</p>
        </dialog>
    )
}
