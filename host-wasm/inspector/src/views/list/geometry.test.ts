import { expect, test } from 'vitest'
import { Geometry } from './geometry'

const list = (count: number, view = 500, first = 100) => {
    const geometry = new Geometry(first)
    geometry.reset(count)
    geometry.view = view
    return geometry
}
const top = (geometry: Geometry, index: number) => geometry.visible(0).find(row => row.index === index)?.top

test('only what is near the view is placed, also in a list of millions', () => {
    const geometry = list(5_000_000)
    geometry.toShare(0.5)
    expect(geometry.visible(300).length).toBeLessThan(15)
    expect(geometry.share()).toBeCloseTo(0.5, 4)
})

test('the ends are ends', () => {
    const geometry = list(1000)
    geometry.scrollBy(-50)
    expect(top(geometry, 0)).toBe(0)
    geometry.toShare(1)
    geometry.scrollBy(5000)
    expect(top(geometry, 999)).toBe(400)
    expect(geometry.share()).toBe(1)
    geometry.toShare(0)
    expect(top(geometry, 0)).toBe(0)
})

test('a short list stays at the top', () => {
    const geometry = list(2)
    geometry.scrollBy(80)
    geometry.reveal(1, 'end')
    expect(geometry.visible(0)).toEqual([{ index: 0, top: 0 }, { index: 1, top: 100 }])
})

test('a row that comes in above keeps its lower edge, and one that was seen its upper edge', () => {
    const geometry = list(1000)
    for (let index = 0; index < 20; index++) geometry.measured(index + 100, 100)
    geometry.reveal(100, 'start')
    geometry.scrollBy(60)
    expect(top(geometry, 99)).toBeUndefined()
    geometry.scrollBy(-100)
    const below = top(geometry, 100)
    geometry.measured(99, 340)
    expect(top(geometry, 100)).toBe(below)
    const upper = geometry.visible(400).find(row => row.index === 99)?.top
    geometry.measured(99, 500)
    expect(geometry.visible(400).find(row => row.index === 99)?.top).toBe(upper)
})

test('scrolling down and back up by any steps comes to the same place', () => {
    const geometry = list(3000)
    const height = (index: number) => 20 + ((index * 7919) % 300)
    const look = () => {
        for (const row of geometry.visible(200)) geometry.measured(row.index, height(row.index))
        geometry.settle()
    }
    look()
    const steps = Array.from({ length: 200 }, (_, number) => ((number * 37) % 180) + 1)
    for (const step of steps) {
        geometry.scrollBy(step)
        look()
    }
    const placed = geometry.visible(0)
    for (const step of steps) geometry.scrollBy(-step)
    expect(top(geometry, 0)).toBe(0)
    for (const step of steps) geometry.scrollBy(step)
    expect(geometry.visible(0)).toEqual(placed)
})

test('rows in front move nothing', () => {
    const geometry = list(60)
    geometry.reveal(59, 'end')
    const before = geometry.visible(0)
    geometry.count = 100_060
    geometry.grow(100_000)
    expect(geometry.visible(0)).toEqual(before.map(row => ({ ...row, index: row.index + 100_000 })))
})

test('nearest moves only what is not in view', () => {
    const geometry = list(1000)
    geometry.reveal(500, 'start')
    const before = geometry.visible(0)
    geometry.reveal(502, 'nearest')
    expect(geometry.visible(0)).toEqual(before)
    geometry.reveal(520, 'nearest')
    expect(top(geometry, 520)).toBeLessThanOrEqual(400)
    geometry.reveal(3, 'nearest')
    expect(top(geometry, 3)).toBeGreaterThanOrEqual(0)
})
