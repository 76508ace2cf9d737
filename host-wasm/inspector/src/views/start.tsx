// Owns: the page before a session is open: choosing files, waiting, and what went wrong with them.
import { useRef } from 'preact/hooks'
import { picked } from '../state/chosen'
import { sessionsOf } from '../state/files'
import { choose, leave } from '../state/session'
import type { Words } from '../state/words'
import { visible } from '../text/plain'
import { Icon } from './icon'
import { Themes } from './themes'

function Picker() {
    const files = useRef<HTMLInputElement>(null)
    const folder = useRef<HTMLInputElement>(null)
    const chosen = ({ currentTarget }: { currentTarget: HTMLInputElement }) => {
        if (currentTarget.files?.length) choose(sessionsOf(picked(currentTarget.files)))
        currentTarget.value = ''
    }
    return (
        <div class="picker">
            <button class="button primary" onClick={() => files.current?.click()}>
                <Icon name="file" /> Choose files
            </button>
            <button class="button" onClick={() => folder.current?.click()}>
                <Icon name="folder" /> Choose a folder
            </button>
            <input ref={files} id="files" class="unseen" type="file" multiple tabIndex={-1} aria-label="Session files" onChange={chosen} />
            <input
                ref={folder}
                id="folder"
                class="unseen"
                type="file"
                tabIndex={-1}
                aria-label="Folder of sessions"
                {...{ webkitdirectory: true }}
                onChange={chosen}
            />
        </div>
    )
}

export function Start() {
    return (
        <main class="start">
            <div class="start-corner">
                <Themes />
            </div>
            <div class="start-card">
                <Mark />
                <h1>Look into a session</h1>
                <p class="lead">Drop a session log anywhere on this page, or choose it.</p>
                <Picker />
                <dl class="kinds">
                    <dt>Log</dt>
                    <dd>
                        <code>session.jsonl</code>, with its sidecar <code>session.sqlite3</code> if you have it
                    </dd>
                    <dt>jcode v1</dt>
                    <dd>
                        snapshot <code>id.json</code>, journal <code>id.journal.jsonl</code>, backup <code>id.bak</code>
                    </dd>
                    <dt>pi</dt>
                    <dd>sessions of all three versions</dd>
                    <dt>Folder</dt>
                    <dd>all sessions in it, to choose from</dd>
                </dl>
                <p class="promise">Files are read in this tab, piece by piece. Nothing is written, and nothing leaves your computer.</p>
            </div>
        </main>
    )
}

function Mark() {
    return (
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
            <path d="M6 3v18M6 9c0 4 12 2 12 7v5" />
            <circle cx="6" cy="3.2" r="2" />
            <circle cx="18" cy="20.6" r="2" />
        </svg>
    )
}

export function Opening({ name, done, total }: { name: string; done: number; total: number }) {
    return (
        <main class="start" aria-busy="true">
            <div class="start-card quiet">
                <p class="lead">Opening {visible(name)}</p>
                <progress max={total || 1} value={total ? done : undefined} aria-label="Opening" />
                <button class="button" onClick={leave}>
                    Cancel
                </button>
            </div>
        </main>
    )
}

export function Failed({ words }: { words: Words }) {
    return (
        <main class="start">
            <div class="start-card" role="alert">
                <Icon name="warning" />
                <h1>{visible(words.title)}</h1>
                <p class="lead">{visible(words.text)}</p>
                <Picker />
            </div>
        </main>
    )
}
