// Owns: the bar at the top: where one is, search, and the switches.
import { summary } from '../state/current'
import { hits, next, question, search, searching, type, wording } from '../state/search'
import { leave } from '../state/session'
import { details, drawer, help, open, tab } from '../state/shell'
import { brief, visible } from '../text/plain'
import { titleOf } from '../text/titles'
import { stepHit } from './hit'
import { Icon } from './icon'
import { Themes } from './themes'

export function Bar() {
    const now = summary.value
    if (!now) return null
    const title = titleOf(now)
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
    const pass = searching.value
    const typed = (event: { currentTarget: HTMLInputElement }) => {
        type(event.currentTarget.value)
        tab.value = 'search'
    }
    const pressed = (event: KeyboardEvent) => {
        if (event.key !== 'Enter') return
        event.preventDefault()
        const text = (event.currentTarget as HTMLInputElement).value
        // What was just typed is searched for at once; its first hit is gone to when it has come.
        if (text !== question.value || pass.at === 'cancelled') void search(text)
        // Where the hits lie over the transcript, they are what is looked at.
        if (matchMedia('(max-width: 800px)').matches) open('search')
        else stepHit(event.shiftKey ? -1 : 1)
    }
    return (
        <form class="search" role="search" onSubmit={event => event.preventDefault()}>
            <Icon name="search" />
            <input
                class="field"
                id="search"
                name="search"
                type="search"
                placeholder="Search  /"
                aria-label="Search in this session"
                title="Enter: next hit; Shift+Enter: the one before"
                autocomplete="off"
                spellcheck={false}
                value={wording.value}
                onInput={typed}
                onKeyDown={pressed}
            />
            {question.value !== '' && (
                <span class="search-count" aria-hidden="true">
                    {pass.at === 'running' && hits.value.length === 0 ? '…' : `${hits.value.length}${next.value === null && pass.at === 'done' ? '' : '+'}`}
                </span>
            )}
        </form>
    )
}
