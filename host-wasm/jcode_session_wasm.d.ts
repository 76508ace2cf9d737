// The API of both builds: `jcode-session-wasm` (small, reads logs and v1 files) and `jcode-session-wasm/sqlite`
// (the same, and sidecars and compressed segments). Reports are those of the command line's `--json`, by the same code. Times are Unix
// milliseconds, offsets and lengths are bytes, both as JS numbers. Everything is synchronous: use it in a worker.

/** Bytes: in memory, or read at positions (`FileReaderSync` over `File.slice` in a worker, `fs.readSync` in Node). */
export type Source = Uint8Array | PositionalSource;

export interface PositionalSource {
  /** Length in bytes; fixed while the source is open. */
  readonly size: number;
  /** Exactly `length` bytes from `offset` on. Fewer, or an exception, becomes a `SessionError`. */
  read(offset: number, length: number): Uint8Array;
}

/** The files of one session. At least `log` or `v1` must be there. */
export interface Files {
  /** Path or file name of the log (or of the snapshot), as reports show it. */
  name: string;
  log?: Source;
  /** `<stem>.sqlite3`. */
  sidecar?: Source;
  /** jcode's v1 files: `<id>.json`, `<id>.journal.jsonl`, `<id>.bak`. */
  v1?: { snapshot?: Source; journal?: Source; backup?: Source };
  /** Files below `<stem>.store/`, by their path in it: `ledger.jsonl`, `segments/manifest.json`, ... */
  store?: Record<string, Source>;
  /** When the log was modified, for sessions that hold no time of their own. */
  modified?: number;
}

/** Called now and then; returning `false` cancels, and the call throws the code `cancelled`. */
export type Progress = (done: number, total: number) => boolean | void;

/** What is thrown: an `Error` of this shape. */
export interface SessionError extends Error {
  readonly name: "SessionError";
  readonly code: ErrorCode;
  /** Where in the source, if it is about a place. */
  readonly offset?: number;
}

export type ErrorCode =
  | "changed" // a source is shorter than it was, or gave other bytes: open it again
  | "io" // a source threw; its words are in the message
  | "cancelled" // `progress` returned false
  | "no-entry" // no entry with this key
  | "not-a-session" // the file is no session log; the message says what it is, `summary` and `verify` still answer
  | "newer-version" // pi's format 4 or a later one, whose entries are not read; `summary` and `verify` still answer
  | "v1-unreadable" // neither snapshot nor backup can be read as a session
  | "too-large" // more bytes than one call may return: ask for a piece
  | "needs-sqlite" // the answer needs the build with SQLite
  | "busy" // called from within `progress` of another call on the same session
  | "bad-argument" // `files` or an option is not of the described shape
  | "internal"; // a fault of this package; load the module anew

export type Dialect =
  | "tree-v3"
  | "tree-v2"
  | "linear-v1"
  | "jcode-v1"
  // Sessions of other agents. Of OpenCode that is what the native program writes down of its database.
  | "claude-code"
  | "codex"
  | "copilot"
  | "qwen"
  | "gemini"
  | "opencode"
  | "cursor"
  // A newer format, or no session at all.
  | "unknown";
/** `unread`: given to the build without SQLite, and not recognisable without it. */
export type SidecarState = "fresh" | "grown" | "stale" | "corrupt" | "missing" | "unread";

/** The row of `list --json`, and what only one open session has. */
export interface Summary {
  schema: "jcode-session.summary";
  version: 1;
  path: string;
  session_id: string;
  dialect: Dialect | null;
  cwd: string | null;
  title: string | null;
  created_at: number | null;
  last_modified: number;
  size_bytes: number;
  /** Exact, or null until a fresh sidecar or `index` knows. */
  entry_count: number | null;
  message_count: number | null;
  tags: string[];
  model: string | null;
  status: string | null;
  status_message: string | null;
  saved: boolean;
  save_label: string | null;
  parent_session: string | null;
  /** The other agent whose session it is, or from which it was imported. */
  agent: string | null;
  /** An agent ran it for another session. */
  is_sub_agent: boolean;
  first_prompt: string | null;
  preview: string | null;
  active_leaf: string | null;
  is_debug: boolean;
  is_canary: boolean;
  short_name: string | null;
  provider: string | null;
  last_active_at: number | null;
  last_pid: number | null;
  updated_at: number | null;
  /** False: this is no session log; `kind_note` says what it is. */
  is_session: boolean;
  /** A header version above 3, which is read as far as possible, or pi's format 4, which is not. */
  newer_version: boolean;
  /** What the file is, in words, where it is no session or of a newer format. */
  kind_note: string | null;
  sidecar: SidecarState;
  /** Why the sidecar does not answer, or what is odd about it, in words. */
  sidecar_note: string | null;
  sidecar_bytes: number;
  /** Sums over the entries that record usage; null until `index` has run. */
  usage: Usage | null;
}

export interface Usage {
  /** Entries that record usage. */
  messages: number;
  input: number;
  output: number;
  cache_read: number;
  cache_write: number;
  /** US dollars, where recorded. */
  cost: number;
}

/** `tree --json`. */
export interface TreeReport {
  schema: "jcode-session.tree";
  version: 1;
  session_id: string;
  entry_count: number;
  active_leaf: string | null;
  roots: string[];
  leaves: { id: string; depth: number; ts: number | null; name: string | null; labeled_at: number | null }[];
  branch_points: { id: string; children: string[] }[];
  labels: Label[];
}

export interface Label {
  entry_id: string;
  name: string;
  labeled_at: number | null;
}

/** The tree as a picture needs it: runs of entries between branch points. Nodes are in log order. */
export interface Outline {
  active: number | null;
  nodes: OutlineNode[];
}

/** A leaf or branch point, with the run of entries that leads to it from the branch point above. */
export interface OutlineNode {
  /** Key of the leaf or branch point: the last entry of the run. */
  id: string;
  seq: number;
  /** Entries from the root, which is 1. */
  depth: number;
  /** Index in `nodes` of the branch point above; null for a run that begins at a root. */
  parent: number | null;
  /** Key of the first entry of the run. */
  first: string;
  /** Entries of the run. */
  length: number;
  leaf: boolean;
  ts: number | null;
  /** Name of the branch, for a leaf. */
  name: string | null;
}

/** One entry, with its own line of the log. */
export interface Entry {
  /** Number in log order, from 0; null in a `tail` without index. */
  seq: number | null;
  /** The id, or the key made for it (`<id>#<offset>`, `@<offset>`). */
  key: string;
  /** The parent's id as the log says it. */
  parent_id: string | null;
  kind: string;
  ts: number | null;
  offset: number;
  len: number;
  /** The line, decoded; null if it is longer than `maxBytes`: see `raw`. Bytes that are not UTF-8 show as U+FFFD. */
  line: string | null;
}

/** The entries of a path from a root to `leaf`. */
export interface Path {
  leaf: string | null;
  length: number;
}

/** Where an entry is. */
export interface Place {
  key: string;
  seq: number;
  offset: number;
  len: number;
  /** A leaf whose path holds the entry: the active one if that does, else the last one. */
  leaf: string;
  /** Position of the entry on that path, from 0. */
  position: number;
}

export interface SearchOptions {
  /** Default false: letters match whatever their case. */
  caseSensitive?: boolean;
  /** Hits at most; default 1000. */
  limit?: number;
  /** Go on behind an earlier search: its `next`. */
  from?: number;
  /** Pause after about so many bytes of the log, so that other questions come to their turn; default: never. */
  bytes?: number;
}

export interface SearchReport {
  schema: "jcode-session.search";
  version: 1;
  hits: SearchHit[];
  /** Where to go on, if `limit` or `bytes` was reached; null: all was searched. */
  next: number | null;
}

export interface SearchHit {
  key: string;
  seq: number;
  kind: string;
  /** Role of the message. */
  role: string | null;
  /** Tool of the text that matches, where the entry itself names it. */
  tool: string | null;
  /** What the text is that matches. */
  field: "text" | "thinking" | "tool" | "arguments" | "output" | "custom" | "label" | "title" | "summary";
  /** Index in `nodes` of the outline of the run that the entry is in. */
  run: number | null;
  ts: number | null;
  offset: number;
  len: number;
  /** Text around the first match of the entry, on one line. */
  before: string;
  match: string;
  after: string;
}

/** Entries over time, in buckets of equal width. */
export interface Timeline {
  schema: "jcode-session.timeline";
  version: 1;
  /** Start of the first bucket and end of the last; null if no entry has a time. */
  from: number | null;
  to: number | null;
  /** Milliseconds a bucket. */
  width: number;
  buckets: { entries: number; messages: number; bytes: number; input: number; output: number }[];
}

export type FindingCode = string;

export interface Finding {
  code: FindingCode;
  severity: "warning" | "error";
  byte_offset: number | null;
  line: number | null;
  entry_id: string | null;
  message: string;
}

/** `verify --json`. */
export interface VerifyReport {
  schema: "jcode-session.verify";
  version: 1;
  ok: boolean;
  logs: {
    path: string;
    ok: boolean;
    dialect: Dialect | null;
    entry_count: number;
    sidecar: Exclude<SidecarState, "unread">;
    findings: Finding[];
  }[];
}

/** One session, open for reading. Nothing is ever written or sent. */
export class Session {
  private constructor();
  /** Reads header, tail and, if there is a sidecar, its metadata: cheap at any size (v1 files are read whole). */
  static open(files: Files, progress?: Progress): Session;
  /** Cheap at any size; richer once `index` has run. */
  summary(): Summary;
  /** True if pages, paths, tree and search need no pass over the log first: a fresh sidecar answers, or `index` ran. */
  hasIndex(): boolean;
  /** One pass over the log that finds all entries; a few dozen bytes of memory an entry. Also counts tokens. */
  index(progress?: Progress): void;
  /** The last entries of the active path, read backwards from the end: the first thing to paint, without index. */
  tail(count: number, maxBytes?: number): Entry[];

  // What follows builds the index first, without progress, where `hasIndex()` is false. `search` does so, with
  // progress, only where the log may hold the text.

  tree(): TreeReport;
  outline(): Outline;
  labels(): Label[];
  /** Entries in log order. */
  page(first: number, count: number, maxBytes?: number): Entry[];
  /** The path to `leaf` (any entry's key; default: the active leaf). */
  path(leaf?: string | null): Path;
  /** Entries of that path by position from the root, from 0. */
  pathPage(leaf: string | null | undefined, first: number, count: number, maxBytes?: number): Entry[];
  entry(key: string, maxBytes?: number): Entry;
  place(key: string): Place;
  /** Key of the entry whose line holds this byte of the log (a finding's `byte_offset`); null if none does. */
  entryAt(offset: number): string | null;
  /** The bytes of an entry's line as they stand, or `length` of them from `from` on. */
  raw(key: string, from?: number, length?: number): Uint8Array;
  /** Entries whose text holds `text`. Strings are searched decoded; long base64 is not. */
  search(text: string, options?: SearchOptions | null, progress?: Progress): SearchReport;
  timeline(buckets: number): Timeline;

  /** Everything that `verify` checks, by full content. A full pass over log and sidecar. */
  verify(progress?: Progress): VerifyReport;
  /** Gives its memory back. */
  free(): void;
}

/** Version of this package. */
export function version(): string;
/** True in the build that reads sidecars. */
export function hasSqlite(): boolean;

/** Loads the module; call it once, before anything else. Without argument it is fetched from beside the script. */
export default function init(options?: {
  module_or_path: string | URL | Request | Response | BufferSource | WebAssembly.Module | Promise<Response>;
}): Promise<unknown>;
/** The same, from bytes or a compiled module. In Node, importing the package has done it. */
export function initSync(options: { module: BufferSource | WebAssembly.Module }): unknown;
