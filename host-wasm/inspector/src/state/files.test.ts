import { expect, test } from 'vitest'
import { sessionsOf } from './files'

const chosen = (...paths: string[]) =>
    paths.map((path, number) => ({ path, file: new File(['x'], path, { lastModified: number }) }))
const names = (...paths: string[]) => sessionsOf(chosen(...paths)).map(({ path, parts }) => `${path}: ${parts.join(', ')}`)

test('a log takes what lies beside it', () => {
    expect(names('s/a.jsonl', 's/a.sqlite3', 's/a.store/ledger.jsonl', 's/a.store/segments/1.jsonl', 's/b.sqlite3')).toEqual([
        's/a.jsonl: log, sidecar, store',
    ])
    const [session] = sessionsOf(chosen('s/a.jsonl', 's/a.store/segments/1.jsonl'))
    const files = session?.files
    expect(Object.keys(files && 'store' in files ? (files.store ?? {}) : {})).toEqual(['segments/1.jsonl'])
})

test('snapshot, journal and backup are one session, also beside the log that was made of them', () => {
    expect(names('a.json', 'a.journal.jsonl', 'a.bak')).toEqual(['a.json: snapshot, journal, backup'])
    expect(names('a.jsonl', 'a.json', 'a.journal.jsonl')).toEqual(['a.jsonl: log, v1 files'])
})

test('what is no log is not offered, newest first', () => {
    expect(names('a.jsonl', 'b.journal.jsonl', 'c.corrupt.jsonl', 'd.tmp.1.jsonl', 'e.pre-wipe-1.jsonl', 'z.jsonl')).toEqual([
        'z.jsonl: log',
        'a.jsonl: log',
    ])
})

test('a log and a sidecar that were chosen together belong together; a lone file is tried as a log', () => {
    expect(names('a.jsonl', 'copy.sqlite3')).toEqual(['a.jsonl: log, sidecar'])
    expect(names('photo.png')).toEqual(['photo.png: log'])
    expect(names('my session.json')).toEqual(['my session.json: snapshot'])
    expect(names('a.sqlite3')).toEqual([])
})
