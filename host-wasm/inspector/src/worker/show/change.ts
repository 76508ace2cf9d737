// Owns: what a call does to a file, as lines that go and come: of the tools that edit and write, by their arguments.
// Invariant: a call whose arguments have another shape, or are too long, has no change; its arguments are shown as any.
import { diffLines } from 'diff'
import type { Change, ChangedLine } from '../../protocol'
import { languageOf } from '../../text/language'
import { htmlLines } from '../../text/lines'
import { highlight } from '../../text/markdown'
import { printed, visible } from '../../text/plain'
import { fields, firstText, list, text, type Fields } from './json'

const PATHS = ['path', 'file_path', 'filePath', 'filename', 'file']
/** How tools call what goes and what comes. */
const PAIRS = [
    ['oldText', 'newText'],
    ['old_string', 'new_string'],
    ['oldString', 'newString'],
    ['old_str', 'new_str'],
] as const
const WHOLE = ['content', 'contents', 'file_text']
const PATCHES = ['patch', 'patch_text', 'patchText', 'input', 'diff']

/** Characters of both texts that are compared. */
const MOST = 200_000
/** Lines around a change that are shown as they were. */
const AROUND = 3
/** Texts that differ in more lines are shown one below the other. */
const MOST_CHANGES = 2000

interface Replaced {
    old: string
    new: string
}

/** The path of the file that a call is about. */
export function pathOf(args: Fields | undefined): string {
    return firstText(args, ...PATHS) ?? ''
}

/** What a call changes, if that can be told. */
export function changeOf(tool: string, args: Fields | undefined): Change | undefined {
    if (!args) return undefined
    const path = pathOf(args)
    const patch = PATCHES.find(name => /^(\*\*\* Begin Patch|--- |diff --git )/.test(text(args[name]) ?? ''))
    if (patch !== undefined) return patched(text(args[patch]) ?? '', patch)
    const [replaced, told] = replacements(tool, args)
    const size = replaced.reduce((sum, { old, new: now }) => sum + old.length + now.length, 0)
    if (replaced.length === 0 || size > MOST) return undefined
    const lines = replaced.flatMap((one, number): ChangedLine[] => [
        ...(number > 0 ? [{ sign: 'gap' as const, html: '' }] : []),
        ...compared(one, languageOf(path)),
    ])
    return counted(visible(path), lines, [...told, ...PATHS.filter(name => args[name] === path)])
}

function replacements(tool: string, args: Fields): [Replaced[], told: string[]] {
    const own = pairIn(args)
    if (own) return [[own.replaced], own.names]
    const many = list(args['edits']).map(edit => pairIn(fields(edit))?.replaced)
    if (many.length > 0 && many.every(edit => edit !== undefined)) return [many, ['edits']]
    const whole = /write|create/i.test(tool) ? WHOLE.find(name => typeof args[name] === 'string') : undefined
    return whole === undefined ? [[], []] : [[{ old: '', new: text(args[whole]) ?? '' }], [whole]]
}

function pairIn(from: Fields | undefined): { replaced: Replaced; names: string[] } | undefined {
    for (const [before, after] of PAIRS) {
        const [old, now] = [text(from?.[before]), text(from?.[after])]
        if (old !== undefined && now !== undefined) return { replaced: { old, new: now }, names: [before, after] }
    }
    return undefined
}

/** Two texts line by line, with what is near the changes. */
function compared({ old, new: now }: Replaced, language: string): ChangedLine[] {
    const [before, after] = [printed(old), printed(now)]
    const parts = diffLines(before, after, { maxEditLength: MOST_CHANGES, ignoreNewlineAtEof: true }) ?? [
        { value: before, removed: true, added: false },
        { value: after, removed: false, added: true },
    ]
    const [olds, news] = [before, after].map(text => htmlLines(highlight(text, language)))
    let [atOld, atNew] = [0, 0]
    return parts.flatMap((part, number): ChangedLine[] => {
        const count = linesIn(part.value)
        const from = part.removed ? olds! : news!
        const start = part.removed ? atOld : atNew
        if (!part.added) atOld += count
        if (!part.removed) atNew += count
        const sign = part.added ? '+' : part.removed ? '-' : ' '
        const lines = from.slice(start, start + count).map(html => ({ sign, html }) as const)
        return sign === ' ' ? near(lines, number > 0, number < parts.length - 1) : lines
    })
}

function linesIn(text: string): number {
    if (text === '') return 0
    return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

/** Of lines that are as they were, those beside a change. */
function near(lines: ChangedLine[], changeAbove: boolean, changeBelow: boolean): ChangedLine[] {
    const above = changeAbove ? AROUND : 0
    const below = changeBelow ? AROUND : 0
    if (lines.length <= above + below + 1) return lines
    return [...lines.slice(0, above), { sign: 'gap', html: '' }, ...lines.slice(lines.length - below)]
}

/** A patch as it was written. */
function patched(patch: string, told: string): Change | undefined {
    if (patch.length > MOST) return undefined
    const paths = [...patch.matchAll(/^(?:\*\*\* (?:Add|Update|Delete) File: |\+\+\+ (?:b\/)?)(.+)$/gm)].map(([, path]) => path!.trim())
    const lines = printed(patch).trimEnd().split('\n').map((line): ChangedLine => {
        const isHead = /^(\+\+\+|---|\*\*\*|@@|diff |index )/.test(line)
        const sign = !isHead && line.startsWith('+') ? '+' : !isHead && line.startsWith('-') ? '-' : ' '
        return { sign, html: highlight(sign === ' ' ? line : line.slice(1), isHead ? 'diff' : languageOf(paths[0] ?? '')) }
    })
    return counted(visible(paths.join(', ')), lines, [told])
}

function counted(path: string, lines: ChangedLine[], told: string[]): Change {
    const count = (sign: ChangedLine['sign']) => lines.filter(line => line.sign === sign).length
    return { path, added: count('+'), removed: count('-'), lines, told }
}
