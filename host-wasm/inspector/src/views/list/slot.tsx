// Owns: the element of one row of a list: its place, and telling the list that it is there.
// Invariant: a row that is only scrolled past is not rendered again.
import { Component, createRef, type ComponentChildren } from 'preact'

interface Props {
    index: number
    count: number
    top: number
    version: unknown
    row(index: number): ComponentChildren
    attributes?: ((index: number) => Record<string, unknown>) | undefined
    mounted(element: HTMLElement | null, index: number): void
    unmounted(element: HTMLElement): void
}

export class Slot extends Component<Props> {
    readonly #element = createRef<HTMLDivElement>()

    override componentDidMount(): void {
        this.props.mounted(this.#element.current, this.props.index)
    }

    override componentWillUnmount(): void {
        if (this.#element.current) this.props.unmounted(this.#element.current)
    }

    override shouldComponentUpdate(next: Props): boolean {
        const { index, count, top, version, row } = this.props
        return next.index !== index || next.count !== count || next.top !== top || next.version !== version || next.row !== row
    }

    override render({ index, count, top, row, attributes }: Props) {
        return (
            <div
                class="slot"
                ref={this.#element}
                style={{ transform: `translateY(${top}px)` }}
                aria-posinset={index + 1}
                aria-setsize={count}
                {...attributes?.(index)}
            >
                {row(index)}
            </div>
        )
    }
}
