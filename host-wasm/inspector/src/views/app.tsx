// Owns: what the page is in each phase; files may be dropped in all of them.
import { signal } from '@preact/signals'
import { dropped } from '../state/chosen'
import { sessionsOf } from '../state/files'
import { tell } from '../state/current'
import { choose, phase } from '../state/session'
import { help } from '../state/shell'
import { Choose } from './choose'
import { Frame } from './frame'
import { Help } from './help'
import { Failed, Opening, Start } from './start'

const over = signal(false)

function drop(event: DragEvent): void {
    event.preventDefault()
    over.value = false
    if (event.dataTransfer) dropped(event.dataTransfer).then(files => choose(sessionsOf(files)), tell)
}

function dragged(event: DragEvent): void {
    event.preventDefault()
    over.value = true
}

export function App() {
    return (
        <div class="app" onDrop={drop} onDragOver={dragged} onDragLeave={event => (over.value = event.relatedTarget !== null)}>
            <Phase />
            {help.value && <Help />}
            {over.value && <div class="drop-over">Drop to open</div>}
        </div>
    )
}

function Phase() {
    const now = phase.value
    switch (now.at) {
        case 'empty':
            return <Start />
        case 'choosing':
            return <Choose />
        case 'opening':
            return <Opening name={now.name} done={now.done} total={now.total} />
        case 'failed':
            return <Failed words={now.words} />
        case 'open':
            return <Frame />
    }
}
