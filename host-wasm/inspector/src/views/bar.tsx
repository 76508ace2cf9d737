// Owns: the bar at the top: where one is, search, and the switches.
import { summary } from '../state/current'
import { search } from '../state/search'
import { leave } from '../state/session'
import { details, drawer, help, open } from '../state/shell'
import { brief, visible } from '../text/plain'
import { Icon } from './icon'
import { Themes } from './themes'

export function Bar() {
    const now = summary.value
    if (!now) return null
    const title = now.title ?? now.first_prompt ?? now.session_id
    return (
        <header class="bar">
            <button class="tool" title="Close this session" aria-label="Close this session" onClick={leave}>
                <Icon name="back" />
            </button>
            <button
                class="tool only-narrow"
                title="Overview and branches"
                aria-label="Overview and branches"
                aria-expanded={drawer.value}
                onClick={() => (drawer.value = !drawer.value)}
            >
                <Icon name="side" />
            </button>
            <div class="bar-title">
                <h1 title={visible(title.slice(0, 500))}>{brief(title, 120)}</h1>
                {now.cwd && <span class="path">{visible(now.cwd)}</span>}
            </div>
            <Search />
            <button
                class="tool"
                title="Details of the entry (Enter)"
                aria-label="Details of the entry"
                aria-pressed={details.value}
                onClick={() => (details.value = !details.value)}
            >
                <Icon name="pane" />
            </button>
            <Themes />
            <button class="tool only-wide" title="Keys (?)" aria-label="Keys" onClick={() => (help.value = true)}>
                <Icon name="help" />
            </button>
        </header>
    )
}

function Search() {
    const submit = (event: SubmitEvent) => {
        event.preventDefault()
        const field = (event.currentTarget as HTMLFormElement).elements.namedItem('search') as HTMLInputElement
        open('search')
        void search(field.value)
    }
    return (
        <form class="search" role="search" onSubmit={submit}>
            <Icon name="search" />
            <input class="field" id="search" name="search" type="search" placeholder="Search  /" aria-label="Search in this session" autocomplete="off" />
        </form>
    )
}
