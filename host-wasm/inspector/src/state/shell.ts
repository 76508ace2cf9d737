// Owns: how the page is arranged: theme, which panes are open, which tab, which dialog.
import { effect, signal } from '@preact/signals'

export type Theme = 'system' | 'light' | 'dark'
export type Tab = 'overview' | 'branches' | 'prompts' | 'labels' | 'findings' | 'search'

const KEPT = 'inspector-theme'

export const theme = signal<Theme>(kept())
export const tab = signal<Tab>('overview')
/** The left pane, where there is no room for it beside the transcript. */
export const drawer = signal(false)
export const details = signal(false)
export const help = signal(false)
/** The timeline; on a phone it would take a quarter of the height. */
export const plot = signal(matchMedia('(min-width: 700px)').matches)

function kept(): Theme {
    try {
        const theme = localStorage.getItem(KEPT)
        return theme === 'light' || theme === 'dark' ? theme : 'system'
    } catch {
        return 'system'
    }
}

/** Whether the page is dark now. */
export const dark = signal(false)

/** Lets the document follow the theme. */
export function dress(): void {
    const system = matchMedia('(prefers-color-scheme: dark)')
    const apply = () => {
        dark.value = theme.value === 'dark' || (theme.value === 'system' && system.matches)
        document.documentElement.dataset['theme'] = dark.value ? 'dark' : 'light'
    }
    effect(apply)
    system.addEventListener('change', apply)
}

export function choose(next: Theme): void {
    theme.value = next
    try {
        localStorage.setItem(KEPT, next)
    } catch {
        // A page without storage forgets the choice.
    }
}

/** Shows a tab of the left pane, wherever that is. */
export function open(next: Tab): void {
    tab.value = next
    drawer.value = true
}
