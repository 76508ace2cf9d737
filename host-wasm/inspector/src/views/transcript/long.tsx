// Owns: a text that may be long: its start, and more of it on request.
import { useState } from 'preact/hooks'
import type { Clipped } from '../../protocol'
import { current, tell } from '../../state/current'
import { bytes } from '../../text/format'
import { sanitise } from '../../text/sanitise'
import { Copy } from '../copy'

/** Characters of one text that are ever set in the page; the raw line shows the rest. */
const MOST = 1024 * 1024

interface Props {
    text: Clipped
    /** The same, highlighted. */
    html?: string | undefined
    of: string
    /** Where it stands in the entry: number of the block, then of an argument. */
    at: number[]
    /** Characters that are shown elsewhere. */
    skip?: number
}

export function LongText({ text, html, of, at, skip = 0 }: Props) {
    const [known, setKnown] = useState(text)
    const [asked, setAsked] = useState(Math.max(16_384, skip))
    const most = Math.min(asked * 8, MOST)
    const more = () => {
        setAsked(most)
        current().ask('more', of, at, most).then(setKnown, tell)
    }
    const shown = known.text.slice(skip)
    const left = known.total - asked
    return (
        <>
            {(shown !== '' || skip === 0) && (
                <div class="copied">
                    {html !== undefined && known === text ? (
                        <pre class="text" tabIndex={0} dangerouslySetInnerHTML={{ __html: sanitise(html) }} />
                    ) : (
                        <pre class="text" tabIndex={0}>{shown}</pre>
                    )}
                    <span class="copy-code">
                        <Copy text={() => known.text} icon="copy" words="Copy the text" />
                    </span>
                </div>
            )}
            {left > 0 && asked < MOST && (
                <button class="button small" onClick={more}>
                    {`Show more of ${bytes(known.total)}`}
                </button>
            )}
            {left > 0 && asked >= MOST && <p class="none">{`The first ${bytes(MOST)} of ${bytes(known.total)}; the raw line holds all of it.`}</p>}
        </>
    )
}
