// Owns: a list of any length in a scrolling element: which rows exist, where they stand, and the scrollbar.
// Invariant: a scroll by some pixels moves rows by as many; only a jump of the scrollbar is mapped to the whole list,
// whose scrolling height is limited to what browsers can lay out. When scrolling rests, the bar is put right.
import type { ReadonlySignal, Signal } from '@preact/signals'
import { Component, createRef, type ComponentChildren } from 'preact'
import { type Align, Geometry } from './geometry'
import { Slot } from './slot'

export interface Wish {
    index: number
    align: Align
    settled: number
}

export interface Props {
    count: number
    /** Height of a row before any was measured. */
    estimate: number
    label: string
    role: 'feed' | 'list' | 'listbox'
    /** Another identity is another list. */
    of: unknown
    /** Changes when rows look different. */
    version: unknown
    row(index: number): ComponentChildren
    /** Extra attributes of a row's element. */
    attributes?(index: number): Record<string, unknown>
    seen?(first: number, last: number): void
    reveal?: ReadonlySignal<Wish>
    grown?: ReadonlySignal<{ by: number; settled: number }>
    /** Told whether the last row is seen to its end. */
    end?: Signal<boolean>
}

const MARGIN = 500
/** Pixels below the view that still count as seen. */
const NEAR = 24
/** Browsers lay out some 33 million pixels, less when zoomed. */
const TALLEST = 8_000_000
const REST = 140

export class List extends Component<Props> {
    readonly #box = createRef<HTMLDivElement>()
    readonly #geometry: Geometry
    readonly #sizes = new ResizeObserver(entries => this.#resized(entries))
    readonly #indexes = new WeakMap<Element, number>()
    #stops: (() => void)[] = []
    #last = 0
    #resting: ReturnType<typeof setTimeout> | undefined
    /** A row that is kept in place until somebody scrolls, though heights become known. */
    #pin: { index: number; align: Align } | undefined

    constructor(props: Props) {
        super(props)
        this.#geometry = new Geometry(props.estimate)
        this.#geometry.reset(props.count)
    }

    override componentDidMount(): void {
        const box = this.#box.current
        if (box) this.#sizes.observe(box)
        const { reveal, grown } = this.props
        if (reveal) this.#stops.push(reveal.subscribe(wish => wish.settled > 0 && this.#wish(wish)))
        if (grown) {
            let first = true
            this.#stops.push(
                grown.subscribe(({ by }) => {
                    if (!first) this.#grow(by)
                    first = false
                }),
            )
        }
    }

    override componentWillUnmount(): void {
        this.#sizes.disconnect()
        clearTimeout(this.#resting)
        for (const stop of this.#stops) stop()
    }

    override componentWillReceiveProps(next: Props): void {
        if (next.of !== this.props.of) {
            this.#geometry.reset(next.count)
            this.#pin = undefined
        }
        this.#geometry.count = next.count
        if (this.#pin) this.#geometry.reveal(this.#pin.index, this.#pin.align)
        this.#geometry.settle()
    }

    override componentDidUpdate(): void {
        const box = this.#box.current
        // The room became lower than where the bar was: the browser has moved the bar, nobody has scrolled.
        if (box && this.#last > box.scrollHeight - box.clientHeight + 1) this.#moved(box)
        if (this.#resting === undefined) this.#sync()
        const { end, count } = this.props
        const last = this.#geometry.visible(0).at(-1)
        if (end && last) end.value = last.index === count - 1 && last.top + this.#geometry.height(last.index) <= this.#geometry.view + NEAR
    }

    /** The first row that is seen. */
    top(): number {
        return this.#geometry.visible(0)[0]?.index ?? 0
    }

    #wish({ index, align }: Wish): void {
        // Wishes may come before the count that they belong to.
        queueMicrotask(() => {
            this.#pin = { index, align }
            this.#geometry.reveal(index, align)
            this.forceUpdate()
        })
    }

    #grow(by: number): void {
        if (this.#pin) this.#pin.index += by
        this.#geometry.count += by
        this.#geometry.grow(by)
    }

    #resized(entries: ResizeObserverEntry[]): void {
        let news = false
        for (const { target, borderBoxSize, contentRect } of entries) {
            const index = this.#indexes.get(target)
            const height = borderBoxSize[0]?.blockSize ?? contentRect.height
            if (index !== undefined && target.isConnected) news = this.#geometry.measured(index, height) || news
            else if (target === this.#box.current && height !== this.#geometry.view) {
                this.#geometry.view = height
                news = true
            }
        }
        if (!news) return
        if (this.#pin) this.#geometry.reveal(this.#pin.index, this.#pin.align)
        this.#geometry.settle()
        this.forceUpdate()
    }

    readonly #scrolled = () => {
        const box = this.#box.current
        if (!box) return
        const by = box.scrollTop - this.#last
        if (by === 0) return
        this.#last = box.scrollTop
        this.#pin = undefined
        const room = box.scrollHeight - box.clientHeight
        if (Math.abs(by) < this.#geometry.view * 2) this.#geometry.scrollBy(by)
        else this.#geometry.toShare(room > 0 ? box.scrollTop / room : 0)
        this.forceUpdate()
        clearTimeout(this.#resting)
        this.#resting = setTimeout(this.#rested, box.scrollTop <= 0 || box.scrollTop >= room - 1 ? 0 : REST)
    }

    /** Puts the scrollbar where it belongs, once scrolling has rested. */
    readonly #rested = () => {
        this.#resting = undefined
        this.#sync()
    }

    #sync(): void {
        const box = this.#box.current
        if (!box) return
        const room = Math.max(0, box.scrollHeight - box.clientHeight)
        const target = Math.round(this.#geometry.share() * room)
        if (Math.abs(target - box.scrollTop) < 1.5) return
        box.scrollTop = target
        this.#moved(box)
    }

    /** The bar is elsewhere, and the rows are to stay where they are seen. */
    #moved(box: HTMLElement): void {
        if (box.scrollTop === this.#last) return
        this.#last = box.scrollTop
        this.forceUpdate()
    }

    readonly #mounted = (element: HTMLElement | null, index: number) => {
        if (!element) return
        this.#indexes.set(element, index)
        this.#sizes.observe(element)
    }

    readonly #unmounted = (element: HTMLElement) => this.#sizes.unobserve(element)

    override render({ count, label, role, version, row, attributes, seen }: Props) {
        const geometry = this.#geometry
        const rows = geometry.view > 0 ? geometry.visible(MARGIN) : []
        const [first, last] = [rows[0], rows.at(-1)]
        if (first && last) seen?.(first.index, last.index)
        const height = Math.min(geometry.total(), TALLEST)
        return (
            <div class="list" ref={this.#box} role={role} aria-label={label} onScroll={this.#scrolled} tabIndex={-1}>
                <div class="list-room" role="presentation" style={{ height: `${height}px` }}>
                    {rows.map(({ index, top }) => (
                        <Slot
                            key={index}
                            index={index}
                            count={count}
                            top={Math.round(top + this.#last)}
                            version={version}
                            row={row}
                            attributes={attributes}
                            mounted={this.#mounted}
                            unmounted={this.#unmounted}
                        />
                    ))}
                </div>
            </div>
        )
    }
}
