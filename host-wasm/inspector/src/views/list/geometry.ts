// Owns: where the rows of a long list are, with heights that are known only of rows that were shown.
// Invariant: positions are those of an anchor, the row at the top of the view, and of its neighbours. Nothing is kept a
// row but measured heights, and nothing walks the whole list; so 400,000 rows cost what 40 do. (Libraries for virtual
// lists keep an object a row, and end at the longest element a browser can lay out, some 33 million pixels.)

export type Align = 'nearest' | 'start' | 'end'

/** A row and its distance from the top of the view. */
export interface Placed {
    index: number
    top: number
}

/** Space kept above a row that is brought to the top. */
const AIR = 12

export class Geometry {
    count = 0
    /** Height of the view. */
    view = 0
    readonly #first: number
    readonly #heights = new Map<number, number>()
    #sum = 0
    #anchor: Placed = { index: 0, top: 0 }

    /** `first`: the height of a row before any was measured. */
    constructor(first: number) {
        this.#first = first
    }

    /** Height of a row that was not measured. */
    get estimate(): number {
        return this.#heights.size < 8 ? this.#first : this.#sum / this.#heights.size
    }

    height(index: number): number {
        return this.#heights.get(index) ?? this.estimate
    }

    total(): number {
        return this.#sum + (this.count - this.#heights.size) * this.estimate
    }

    /** Forgets everything: another list. */
    reset(count: number): void {
        this.#heights.clear()
        this.#sum = 0
        this.count = count
        this.#anchor = { index: 0, top: 0 }
    }

    /** `by` rows were put in front. */
    grow(by: number): void {
        const heights = [...this.#heights]
        this.#heights.clear()
        for (const [index, height] of heights) this.#heights.set(index + by, height)
        this.#anchor.index += by
    }

    /** Records a height; true if it is news. A row that comes in above the view keeps its lower edge. */
    measured(index: number, height: number): boolean {
        const before = this.#heights.get(index)
        if (before === height) return false
        const guess = before ?? this.estimate
        this.#heights.set(index, height)
        this.#sum += height - (before ?? 0)
        if (before === undefined && index === this.#anchor.index && this.#anchor.top < 0) this.#anchor.top += guess - height
        return true
    }

    scrollBy(pixels: number): void {
        this.#anchor.top -= pixels
        this.settle()
    }

    /** The part of the list, from 0 to 1, that lies above what is seen, of all that is not seen. */
    share(): number {
        const { index, top } = this.#anchor
        const above = index + part(-top, this.height(index))
        const below = this.#below()
        return above + below === 0 ? 0 : above / (above + below)
    }

    /** Goes to where `share` is this. */
    toShare(share: number): void {
        const seen = this.count - this.#unseen()
        const place = Math.max(0, share) * Math.max(0, this.count - seen)
        const index = Math.min(this.count - 1, Math.floor(place))
        this.#anchor = { index: Math.max(0, index), top: (index - place) * this.height(index) }
        if (share >= 1) this.reveal(this.count - 1, 'end')
        this.settle()
    }

    /** Brings a row into view. */
    reveal(index: number, align: Align): void {
        const height = this.height(index)
        const end = this.view - height
        const placed = align === 'nearest' ? this.visible(0).find(row => row.index === index) : undefined
        if (align === 'start') this.#anchor = { index, top: AIR }
        else if (align === 'end') this.#anchor = { index, top: end }
        else if (!placed) this.#anchor = { index, top: index < this.#anchor.index ? AIR : end - AIR }
        else if (placed.top < 0 || height > this.view) this.#anchor = { index, top: Math.min(AIR, Math.max(placed.top, 0)) }
        else if (placed.top > end) this.#anchor = { index, top: end }
        this.settle()
    }

    /** The rows that are seen, and those within `margin` pixels of the view. */
    visible(margin: number): Placed[] {
        const rows: Placed[] = []
        let { index, top } = this.#anchor
        while (index > 0 && top > -margin) {
            index -= 1
            top -= this.height(index)
        }
        for (; index < this.count && top < this.view + margin; index++) {
            rows.push({ index, top })
            top += this.height(index)
        }
        return rows
    }

    /** Makes the row at the top of the view the anchor, and keeps the list from leaving the view at its ends. */
    settle(): void {
        this.#normalise()
        const { index, top } = this.#anchor
        let bottom = top
        for (let row = index; row < this.count && bottom < this.view; row++) bottom += this.height(row)
        if (bottom < this.view) {
            this.#anchor.top += this.view - bottom
            this.#normalise()
        }
        if (this.#anchor.index === 0 && this.#anchor.top > 0) this.#anchor.top = 0
    }

    #normalise(): void {
        const anchor = this.#anchor
        anchor.index = Math.max(0, Math.min(anchor.index, this.count - 1))
        while (anchor.top > 0 && anchor.index > 0) {
            anchor.index -= 1
            anchor.top -= this.height(anchor.index)
        }
        while (anchor.index < this.count - 1 && anchor.top + this.height(anchor.index) <= 0) {
            anchor.top += this.height(anchor.index)
            anchor.index += 1
        }
    }

    /** Rows below the view, with the part of the one at its edge. */
    #below(): number {
        const last = this.visible(0).at(-1)
        if (!last) return 0
        const height = this.height(last.index)
        return this.count - 1 - last.index + part(last.top + height - this.view, height)
    }

    #unseen(): number {
        const { index, top } = this.#anchor
        return index + part(-top, this.height(index)) + this.#below()
    }
}

function part(pixels: number, height: number): number {
    return height > 0 ? Math.min(1, Math.max(0, pixels / height)) : 0
}
