// Owns: the switch between system, light and dark.
import { choose, type Theme, theme } from '../state/shell'
import { Icon, type IconName } from './icon'

const NEXT: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' }
const LOOKS: Record<Theme, [IconName, string]> = {
    system: ['system', 'Theme: as the system'],
    light: ['sun', 'Theme: light'],
    dark: ['moon', 'Theme: dark'],
}

export function Themes() {
    const [icon, words] = LOOKS[theme.value]
    return (
        <button class="tool" title={words} aria-label={words} onClick={() => choose(NEXT[theme.value])}>
            <Icon name={icon} />
        </button>
    )
}
