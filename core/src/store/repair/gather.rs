//! Gathering for a repair: the log's lines, with the entries that return from `quarantine/` between them.
//!
//! Owns: which entries return from `quarantine/`, and which lines become records by escaping.
//! Invariant: an entry returns to its old place, and only if the log has no entry with its id. Bytes that a rollback or
//! a repair set aside stay in `quarantine/`. Readable records are not changed.

use crate::dialect::detect;
use crate::log::{Damage, LineReader, LogScan, LogSink, Outcome, Record, controls, scan_source};
use crate::source::{ByteSource, Rope, SourceError, Tick, go_on};
use crate::storage::{Folder, Name, Place, Storage, open_if_there};
use crate::store::error::StoreError;
use crate::store::ledger::{Event, Ledger};
use crate::store::session_store::SessionStore;
use crate::write::QuarantineName;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::{ControlFlow, Range};

/// The damaged log with the returning entries, as one text.
pub(super) struct Gathered<F> {
    pub(super) rope: Rope<F>,
    /// Number of entries that return from `quarantine/`.
    pub(super) restored: u64,
    /// Number of lines that become records by escaping.
    pub(super) mended: u64,
    /// Names in `quarantine/` from which entries return.
    pub(super) names: Vec<String>,
}

/// Gathers the log and the returning entries.
pub(super) fn gather<S: Storage>(
    session: &SessionStore<'_, S>,
    tick: &mut Tick<'_>,
) -> Result<Gathered<S::File>, StoreError> {
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    let found = Found::in_source(log, LogScan::new().every_line(), tick)?;
    let mut ids: BTreeSet<String> = found.entries.iter().map(|(id, _)| id.clone()).collect();
    let mut gathering = Gathering { rope: Rope::new(Vec::new()), done: 0 };
    let mut mended = found.mended(log, &mut ids)?.into_iter().peekable();
    let count = mended.len() as u64;
    let mut sources = alloc::vec![log.clone()];
    let (mut restored, mut names) = (0, Vec::new());
    for (name, file) in waiting(session)? {
        let returning = returning(&file, &mut ids)?;
        if returning.is_empty() {
            continue;
        }
        let at = line_at(log, name.offset)?.max(gathering.done);
        while let Some(line) = mended.next_if(|line| line.range.start < at) {
            gathering.replace(&line);
        }
        gathering.log_until(at);
        let source = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        restored += returning.len() as u64;
        returning.iter().for_each(|record| gathering.insert(source, record));
        sources.push(file);
        names.extend(name.name().map(|name| name.as_str().to_string()));
    }
    mended.for_each(|line| gathering.replace(&line));
    gathering.log_until(log.len());
    let rope = gathering.rope.over(sources);
    detect(&rope)?.current()?;
    Ok(Gathered { rope, restored, mended: count, names })
}

/// The rope under construction.
struct Gathering {
    rope: Rope<()>,
    /// End of the log's bytes that are in the rope or were left out.
    done: u64,
}

impl Gathering {
    fn log_until(&mut self, at: u64) {
        self.rope.push_original(0, self.done, at);
        self.done = at;
    }

    /// Puts the escaped line in place of the old one.
    fn replace(&mut self, line: &Mended) {
        self.log_until(line.range.start);
        self.rope.push_new(&line.text);
        self.done = line.range.end;
    }

    /// Puts a record on a line of its own.
    fn insert(&mut self, source: u32, record: &Returning) {
        self.rope.push_new(b"\n");
        match record {
            Returning::AsItIs(range) => self.rope.push_original(source, range.start, range.end),
            Returning::Mended(line) => self.rope.push_new(&line.text),
        }
        self.rope.push_new(b"\n");
    }
}

/// A line that becomes a record by escaping its raw control characters.
struct Mended {
    /// Place of the old line.
    range: Range<u64>,
    text: Vec<u8>,
}

/// A record that returns from `quarantine/`.
enum Returning {
    AsItIs(Range<u64>),
    Mended(Mended),
}

impl Returning {
    const fn start(&self) -> u64 {
        match self {
            Self::AsItIs(range) => range.start,
            Self::Mended(line) => line.range.start,
        }
    }
}

/// The records in a file of `quarantine/` that the log lacks, in order.
fn returning(file: &impl ByteSource, ids: &mut BTreeSet<String>) -> Result<Vec<Returning>, StoreError> {
    let found = Found::in_source(file, LogScan::resume(0, 0, true).every_line(), &mut go_on)?;
    let whole = found.entries.iter().filter(|(id, _)| ids.insert(id.clone()));
    let mut all: Vec<Returning> = whole.map(|(_, range)| Returning::AsItIs(range.clone())).collect();
    all.extend(found.mended(file, ids)?.into_iter().map(Returning::Mended));
    all.sort_by_key(Returning::start);
    Ok(all)
}

/// `offset` if a line begins there, else the end of the log.
fn line_at(log: &impl ByteSource, offset: u64) -> Result<u64, StoreError> {
    let begins = offset > 0 && offset <= log.len() && log.read_vec(offset - 1, 1)? == b"\n";
    Ok(if begins { offset } else { log.len() })
}

/// An open file in `quarantine/`.
type Waiting<F> = (QuarantineName, F);

/// Complete files in `quarantine/` that recovery made and no repair has restored, by offset.
fn waiting<S: Storage>(session: &SessionStore<'_, S>) -> Result<Vec<Waiting<S::File>>, StoreError> {
    let known = accounted(&session.ledger_file.ledger);
    let names = session.storage.list(Folder::Quarantine)?;
    let names = names.iter().filter(|name| !known.contains(name.as_str()));
    let mut parsed: Vec<QuarantineName> = names.filter_map(|name| QuarantineName::parse(name)).collect();
    // Recovery never cuts the header; a file from offset 0 is a whole log.
    parsed.retain(|name| name.offset > 0);
    parsed.sort_unstable();
    let mut found = Vec::new();
    for name in parsed {
        let Some(place) = name.name().map(Place::Quarantine) else { continue };
        let Some(file) = open_if_there(session.storage, &place)? else { continue };
        if file.len() == name.len {
            found.push((name, file));
        }
    }
    Ok(found)
}

/// Names in `quarantine/` that belong to rollbacks and repairs, or were restored.
fn accounted(ledger: &Ledger) -> BTreeSet<String> {
    let off: BTreeSet<u64> =
        ledger.rows.iter().filter(|row| row.event == Event::Undo).filter_map(|row| row.target).collect();
    let mut known = BTreeSet::new();
    for (row, number) in ledger.rows.iter().zip(&ledger.numbers) {
        known.extend(row.set_aside_name().map(|name: Name| name.as_str().to_string()));
        if !off.contains(number) {
            known.extend(row.restored.iter().cloned());
        }
    }
    known
}

/// The entries of a source that have an id, and the lines that escaping may turn into records.
#[derive(Default)]
struct Found {
    entries: Vec<(String, Range<u64>)>,
    /// Offset of such a line, its greatest possible length, and whether it may be the header.
    unread: Vec<(u64, u64, bool)>,
    record_seen: bool,
}

impl Found {
    fn in_source(source: &impl ByteSource, scan: LogScan, tick: &mut Tick<'_>) -> Result<Self, SourceError> {
        let mut found = Self::default();
        scan_source(source, 0..source.len(), scan, &mut found, tick)?;
        Ok(found)
    }

    /// The lines that become records and whose ids are free; takes these ids.
    fn mended(&self, source: &impl ByteSource, ids: &mut BTreeSet<String>) -> Result<Vec<Mended>, SourceError> {
        let mut mended = Vec::new();
        for &(start, len, first) in &self.unread {
            let len = len.min(source.len().saturating_sub(start));
            let mut line = source.read_vec(start, usize::try_from(len).unwrap_or_default())?;
            if let Some(end) = memchr::memchr(b'\n', &line) {
                line.truncate(end);
            }
            let Some(text) = controls::escaped(&line, first) else { continue };
            if id_of_record(&text).is_none_or(|id| ids.insert(id)) {
                mended.push(Mended { range: start..start + line.len() as u64, text });
            }
        }
        Ok(mended)
    }
}

/// The id of an entry; `None` for a header.
fn id_of_record(line: &[u8]) -> Option<String> {
    match LineReader::new().read(1, 0, line, false) {
        Outcome::Whole(record) if !record.fields.is_session() => record.fields.usable_id().map(|id| id.into_owned()),
        _ => None,
    }
}

impl LogSink for Found {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        self.record_seen = true;
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        self.record_seen = true;
        if let Some(id) = entry.fields.usable_id() {
            self.entries.push((id.into_owned(), entry.offset..entry.offset + entry.bytes.len() as u64));
        }
        ControlFlow::Continue(())
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        if damage.raw_controls {
            // Behind a byte order mark the line is shorter than `line_len`; its LF ends it.
            self.unread.push((damage.offset, damage.line_len, !self.record_seen));
        }
        ControlFlow::Continue(())
    }
}
