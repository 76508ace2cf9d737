// Owns: the timeline: entries, bytes or tokens over time, where the cursor is and what was found; a click goes to that
// time, a drag looks closer.
import { effect, signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import type { Timeline } from '../protocol'
import { current, tell } from '../state/current'
import { hits } from '../state/search'
import { timeline } from '../state/session'
import { dark } from '../state/shell'
import { detail, go } from '../state/transcript'
import { bytes, short, time } from '../text/format'

type Measure = 'entries' | 'bytes' | 'tokens'

const measure = signal<Measure>('entries')
/** Part of the time is shown. */
const near = signal(false)
let whole: (() => void) | undefined
const HEIGHT = 92
/** Pixels from which on a movement is a drag. */
const DRAG = 6
/** Whole steps of the axis of values. */
const STEPS = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map(step => step * 10 ** power)).flat()

const VALUES: Record<Measure, (bucket: Timeline['buckets'][number]) => number> = {
    entries: bucket => bucket.entries,
    bytes: bucket => bucket.bytes,
    tokens: bucket => bucket.input + bucket.output,
}
const WORDS: Record<Measure, (value: number) => string> = { entries: short, bytes, tokens: short }

export function Plot() {
    const now = timeline.value
    if (!now || now.from === null || now.to === null) return null
    return (
        <section class="plot" aria-label={`${measure.value} over time, from ${time(now.from)} to ${time(now.to)}`}>
            <div class="switch vertical" role="group" aria-label="What is plotted">
                {(['entries', 'bytes', 'tokens'] as const).map(name => (
                    <button key={name} aria-pressed={measure.value === name} onClick={() => (measure.value = name)}>
                        {name}
                    </button>
                ))}
            </div>
            <Canvas of={now} />
            {near.value && (
                <button class="button small plot-whole" onClick={() => whole?.()}>
                    All of it
                </button>
            )}
        </section>
    )
}

function Canvas({ of }: { of: Timeline }) {
    const box = useRef<HTMLDivElement>(null)
    useEffect(() => {
        const element = box.current
        if (!element) return undefined
        let plot: uPlot | undefined
        const draw = () => {
            plot?.destroy()
            plot = new uPlot(options(element, measure.value), dataOf(of, measure.value), element)
        }
        const stop = effect(() => {
            void dark.value
            draw()
        })
        const redraw = effect(() => {
            void [hits.value, detail.value]
            plot?.redraw(false)
        })
        whole = () => plot?.setScale('x', { min: (of.from ?? 0) / 1000, max: (of.to ?? 0) / 1000 })
        const sizes = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height: HEIGHT }))
        sizes.observe(element)
        return () => {
            stop()
            redraw()
            near.value = false
            sizes.disconnect()
            plot?.destroy()
        }
    }, [of])
    return <div class="plot-box" ref={box} />
}

function dataOf(of: Timeline, measure: Measure): uPlot.AlignedData {
    const start = (of.from ?? 0) / 1000
    const width = of.width / 1000
    return [of.buckets.map((_, number) => start + (number + 0.5) * width), of.buckets.map(VALUES[measure])]
}

function options(box: HTMLElement, measure: Measure): uPlot.Options {
    const style = getComputedStyle(document.documentElement)
    const colour = (name: string) => style.getPropertyValue(name).trim()
    const [line, ink, grid] = [colour('--accent'), colour('--faint'), colour('--line')]
    const words = WORDS[measure]
    const font = '11px system-ui, sans-serif'
    return {
        width: box.clientWidth,
        height: HEIGHT,
        tzDate: at => uPlot.tzDate(new Date(at * 1000), 'Etc/UTC'),
        legend: { show: false },
        padding: [8, 34, 0, 0],
        cursor: { y: false, drag: { setScale: true, x: true, y: false, dist: DRAG }, points: { size: 5 } },
        scales: { y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
        axes: [
            { stroke: ink, font, size: 24, space: 90, grid: { show: false }, ticks: { stroke: grid, size: 4 }, values: (_, times) => times.map(tick) },
            { stroke: ink, font, size: 56, space: 26, incrs: STEPS, grid: { stroke: grid, width: 1 }, ticks: { show: false }, values: (_, values) => values.map(words) },
        ],
        series: [{}, { stroke: line, width: 1, fill: line, paths: uPlot.paths.bars!({ size: [1, 100] }), points: { show: false } }],
        hooks: { ready: [plot => listen(plot, words)], draw: [plot => marks(plot, colour)], setScale: [zoomed] },
    }
}

/** The hits as ticks at the top, the cursor as a line. */
function marks(plot: uPlot, colour: (name: string) => string): void {
    const { ctx, bbox } = plot
    const line = (at: number | null, bottom: number, style: string) => {
        const x = Math.round(plot.valToPos((at ?? 0) / 1000, 'x', true))
        if (at === null || x < bbox.left || x > bbox.left + bbox.width) return
        ctx.fillStyle = style
        ctx.fillRect(x - devicePixelRatio / 2, bbox.top, Math.max(1, devicePixelRatio), bottom)
    }
    ctx.save()
    const found = colour('--bad')
    for (const { ts } of hits.value) line(ts, Math.min(bbox.height, 12 * devicePixelRatio), found)
    line(detail.value?.at ?? null, bbox.height, colour('--ink'))
    ctx.restore()
    // What is drawn cannot be read by a test or a screen reader.
    plot.root.dataset['hits'] = String(hits.value.length)
    plot.root.dataset['cursor'] = detail.value?.key ?? ''
}

function zoomed(plot: uPlot): void {
    const { min, max } = plot.scales['x'] ?? {}
    const [first, last] = [plot.data[0][0], plot.data[0].at(-1)]
    if (min == null || max == null || first === undefined || last === undefined) return
    near.value = min > first || max < last
}

/** A time on the axis: with its day where a day begins. */
function tick(at: number): string {
    const text = time(at * 1000)
    if (at % 86_400 === 0) return text.slice(0, 10)
    if (at % 1 !== 0) return `${text.slice(17)}.${String(Math.round((at % 1) * 1000)).padStart(3, '0')}`
    return at % 60 === 0 ? text.slice(11, 16) : text.slice(11)
}

/** Says what is under the pointer, and goes there on a click. */
function listen(plot: uPlot, words: (value: number) => string): void {
    const tip = document.createElement('div')
    tip.className = 'plot-tip'
    plot.over.append(tip)
    let from = 0
    plot.over.addEventListener('mousedown', event => (from = event.clientX))
    plot.over.addEventListener('click', event => {
        if (Math.abs(event.clientX - from) > DRAG) return
        const at = plot.posToVal(plot.cursor.left ?? 0, 'x') * 1000
        current()
            .ask('entryAtTime', at)
            .then(key => (key === null ? undefined : go(key)))
            .catch(tell)
    })
    plot.over.addEventListener('mousemove', () => {
        const number = plot.cursor.idx
        if (number === null || number === undefined) return
        const [at, value] = [plot.data[0][number], plot.data[1]?.[number]]
        tip.textContent = `${time((at ?? 0) * 1000)} · ${words(value ?? 0)}`
        const left = plot.cursor.left ?? 0
        tip.classList.toggle('left', left > plot.over.clientWidth / 2)
        tip.style.left = `${left}px`
    })
}
