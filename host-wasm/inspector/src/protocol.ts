// Owns: what page and worker say to each other: the actions, what goes in and comes out, and how a session's parts look
// on the way. Everything here can be cloned between threads.
// Does not: hold state, or know the page or the package.
import type {
    ErrorCode,
    Label,
    Outline,
    OutlineNode,
    Path,
    Place,
    SearchHit,
    SearchReport,
    Summary,
    Timeline,
    VerifyReport,
} from '../../jcode_session_wasm'

export type { ErrorCode, Label, Outline, OutlineNode, Path, Place, SearchHit, SearchReport, Summary, Timeline }
export type { Finding, VerifyReport } from '../../jcode_session_wasm'

/** Where the bytes of a file are: in a file that was chosen, or behind an address of this page's own server. */
export type Stored = File | { readonly url: string; readonly size: number }

/** The files of one session, as `Files` of the package. */
export interface SessionFiles {
    name: string
    log?: Stored
    sidecar?: Stored
    v1?: { snapshot?: Stored; journal?: Stored; backup?: Stored }
    store?: Record<string, Stored>
    modified?: number
}

/** Which entries a list shows: all in log order, or the path to a leaf (null: the active one). */
export type Scope = { kind: 'all' } | { kind: 'path'; leaf: string | null }

/** Who speaks, or what it is. */
export type Voice = 'user' | 'assistant' | 'tool' | 'system' | 'summary' | 'change' | 'data'

/** Text that was cut to be shown: `total` characters stand in the log. */
export interface Clipped {
    text: string
    total: number
}

/** What a call does to a file, line by line. */
export interface Change {
    path: string
    added: number
    removed: number
    lines: ChangedLine[]
    /** Names of the arguments that it tells of. */
    told: string[]
}

/** A line of a change. `html` is highlighted, not yet sanitised; a gap stands for lines that are as they were. */
export interface ChangedLine {
    sign: '+' | '-' | ' ' | 'gap'
    html: string
}

/** What a tool printed. */
export interface Output {
    /** Key of the entry that holds it. */
    key: string
    failed: boolean
    parts: Block[]
}

/** A part of an entry as a reader sees it. `at`: its number in its own entry; `answers`: the call that it belongs to. */
export type Block = { at?: number; answers?: string } & Part

/** A text under a name. */
export interface Named {
    name: string
    value: Clipped
}

type Part =
    /** What was said. `html` is rendered markdown, not yet sanitised. */
    | { kind: 'prose'; html: string; source: Clipped }
    | { kind: 'thinking'; text: Clipped }
    /** `outcome`: how it went, of a call that is recorded with its end. */
    | { kind: 'call'; id: string; tool: string; brief: string; args: Named[]; change?: Change; outcome?: string; output?: Output }
    /** `html`: the same, highlighted, of a file in a known language. */
    | { kind: 'output'; failed: boolean; text: Clipped; html?: string }
    | { kind: 'image'; blob: Blob | null; mime: string; bytes: number }
    | { kind: 'note'; text: string }
    /** What is put in under a name. */
    | { kind: 'part'; what: 'section' | 'tool added'; name: string; text: Clipped }
    /** Fields that are known by their names only; `of`: the field that holds them, if one does. */
    | { kind: 'fields'; of: string; fields: Named[] }
    | { kind: 'data'; name: string; text: Clipped }

/** Of an entry, what the pane of details tells of it. */
export interface Detail {
    key: string
    seq: number | null
    parent: string | null
    kind: string
    at: number | null
    offset: number
    len: number
}

/** One entry as the transcript shows it. */
export interface Row extends Detail {
    voice: Voice
    /** Role or kind. */
    name: string
    /** What stands beside it: a model, a tool. */
    detail: string
    blocks: Block[]
    /** The line was too long to be read as a message. */
    huge?: true
    /** Shown inside the entry with this key, whose call it answers. */
    within?: string
}

/** What entries are, in bits. */
export const IS = { prompt: 1, said: 2, call: 4, result: 8, change: 16 } as const

/** What a run of entries of a scope holds, for filters and for the outline of prompts. */
export interface Survey {
    /** Bits of `IS`, an entry each. */
    is: number[]
    /** Names of the tools that are called, by number of the entry in the scope. */
    tools: [at: number, names: string[]][]
    prompts: Prompt[]
}

/** What the person asked. */
export interface Prompt {
    /** Number in the scope. */
    at: number
    key: string
    says: string
    ts: number | null
}

/** What was found in one of many sessions. */
export interface FoundIn {
    title: string
    hits: SearchHit[]
    /** There are more. */
    more: boolean
}

/** A line of the branch picture: a run of entries that ends in a leaf or branch point. */
export interface Rail {
    node: OutlineNode
    /** Its index in the outline. */
    number: number
    /** Column of its dot, from 0. */
    lane: number
    /** Column of the run above it; null for a root. */
    from: number | null
    /** Columns of lines that only pass by. */
    passing: number[]
    /** A run goes on below in its own column. */
    below: boolean
    /** On the path to the active leaf. */
    active: boolean
}

/** A piece of an entry's line. */
export interface RawPiece {
    from: number
    /** Bytes in the piece. */
    length: number
    /** Highlighted, of our own markup; nothing in it is markup of the session. */
    html: string
}

/** What one session's files say at once. */
export interface Opened {
    summary: Summary
    indexed: boolean
    rows: Row[]
}

/** The actions: arguments and answer. */
export interface Actions {
    /** Loads the engine. */
    prepare: [[], void]
    /** `rows`: of a sidecar too, which loads SQLite. */
    open: [[files: SessionFiles, rows: boolean], Opened]
    /** Cheap words about a session in a folder. */
    glance: [[files: SessionFiles], Summary]
    index: [[], Summary]
    rails: [[], Rail[]]
    labels: [[], Label[]]
    path: [[leaf: string | null], Path]
    rows: [[scope: Scope, first: number, count: number], Row[]]
    /** The rows with these numbers in the scope. */
    rowsAt: [[scope: Scope, at: number[]], Row[]]
    survey: [[scope: Scope, first: number, count: number], Survey]
    /** What runs of the branch picture begin with. */
    briefs: [[runs: OutlineNode[]], string[]]
    detail: [[key: string], Detail]
    raw: [[key: string, from: number, length: number], RawPiece]
    /** The line as indented JSON, highlighted; null if it is too long or no JSON. */
    pretty: [[key: string], string | null]
    /** More of a text that was clipped: of a block of an entry, or of an argument or output in it. */
    more: [[key: string, at: number[], most: number], Clipped]
    place: [[key: string], Place]
    entryAt: [[offset: number], string | null]
    /** Key of the first entry at or after a time. */
    entryAtTime: [[at: number], string | null]
    /** Searches from a byte of the log on, and pauses after some. */
    search: [[text: string, from: number, limit: number, bytes: number], SearchReport]
    /** Searches a session that is not the open one. */
    find: [[files: SessionFiles, text: string, limit: number], FoundIn]
    timeline: [[buckets: number], Timeline]
    verify: [[], VerifyReport]
}

export type Action = keyof Actions
export type Arguments<A extends Action> = Actions[A][0]
export type Answer<A extends Action> = Actions[A][1]

/** From the page. */
export interface Request {
    id: number
    action: Action
    args: unknown[]
}

/** What went wrong, for the page to put into words. */
export interface Failure {
    code: ErrorCode | 'not-open'
    message: string
    offset?: number
}

/** To the page. */
export type Reply =
    | { id: number; done: number; total: number }
    | { id: number; value: unknown }
    | { id: number; failure: Failure }
