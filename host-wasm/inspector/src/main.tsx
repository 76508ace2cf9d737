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
import { served } from './state/chosen'
import { prepare } from './state/client'
import { follow } from './state/route'
import { open } from './state/session'
import { dress } from './state/shell'
import { App } from './views/app'
import { listen } from './views/keys'

prepare()
dress()
follow()
listen()
const root = document.getElementById('app')
if (root) render(<App />, root)
const session = await served().catch(() => null)
if (session) await open(session)
