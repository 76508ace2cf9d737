// Owns: the three panes around an open session, and the banner over them.
import { comparing } from '../state/compare'
import { notice } from '../state/current'
import { details, drawer, plot } from '../state/shell'
import { timeline } from '../state/session'
import { visible } from '../text/plain'
import { Bar } from './bar'
import { Compare } from './compare/compare'
import { Damage } from './damage'
import { Details } from './details/details'
import { Icon } from './icon'
import { Plot } from './plot'
import { Side } from './side/side'
import { Heading } from './transcript/heading'
import { Transcript } from './transcript/transcript'

export function Frame() {
    return (
        <div class={`frame ${details.value ? 'with-details' : ''} ${drawer.value ? 'with-drawer' : ''}`}>
            <Bar />
            <Side />
            <button class="shade" tabIndex={-1} aria-label="Close" onClick={() => (drawer.value = details.value = false)} />
            <main class="centre">
                {notice.value && <Notice />}
                <Damage />
                <Heading />
                {plot.value && timeline.value && <Plot />}
                {comparing.value ? <Compare /> : <Transcript />}
            </main>
            {details.value && <Details />}
        </div>
    )
}

function Notice() {
    const words = notice.value
    if (!words) return null
    return (
        <div class="notice" role="alert">
            <Icon name="warning" />
            <p>
                <strong>{visible(words.title)}</strong> {visible(words.text)}
            </p>
            <button class="tool" aria-label="Dismiss" onClick={() => (notice.value = null)}>
                <Icon name="close" />
            </button>
        </div>
    )
}
