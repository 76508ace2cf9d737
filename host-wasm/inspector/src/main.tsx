// Owns: starting the page.
import { render } from 'preact'
import 'uplot/dist/uPlot.min.css'
import './styles/base.css'
import './styles/text.css'
import './styles/frame.css'
import './styles/start.css'
import './styles/side.css'
import './styles/transcript.css'
import './styles/details.css'
import { listed, listedSessions, offered, ONE } from './state/chosen'
import { prepare } from './state/client'
import { tell } from './state/current'
import { follow } from './state/route'
import { offer, open } from './state/session'
import { dress } from './state/shell'
import { App } from './views/app'
import { listen } from './views/keys'

prepare()
dress()
follow()
listen()
const root = document.getElementById('app')
if (root) render(<App />, root)
await start()

/** Opens what the server of this page offers. */
async function start(): Promise<void> {
    try {
        if (offered() === 'session') await open(await listed(ONE), ONE)
        else if (offered() === 'sessions') offer(await listedSessions())
    } catch (error) {
        tell(error)
    }
}
