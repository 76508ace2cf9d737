//! Rescue of acknowledged entries that are no longer in the file at the log's path.
//!
//! Owns: which entries these are, and setting them aside.
//! Invariant: each acknowledged entry is in the file at that path, or in `quarantine/`, or handed back to the caller,
//! or counted as lost. It is lost if another program cut its bytes away and this writer no longer holds them.
//! Does not: touch the file at that path; `repair` returns entries from `quarantine/` to it.

use super::ids::{IdSet, LogIds};
use super::log_end::Displacement;
use super::quarantine::{QuarantineError, set_aside_as};
use super::recent::RecentLines;
use crate::log::{Damage, LineReader, LogScan, LogSink, Outcome, Record, scan_source};
use crate::source::{ByteSource, Prefix, Rope};
use crate::storage::{Place, Storage, StorageError, StorageFile, open_if_there};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// A log whose path leads to another file, to none, or to other bytes, so that this writer stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Displaced {
    /// The host's path of the log.
    pub log: String,
    /// The change by another program.
    pub how: Displacement,
    /// Number of entries that this writer acknowledged and that the file at the path lacks.
    pub missing: u64,
    /// Where the missing entries are.
    pub kept: Kept,
    /// Missing entries that are nowhere: another program cut their bytes away, and memory no longer holds them.
    pub lost: u64,
}

/// Where the missing acknowledged entries are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// No entries are missing, or none could be kept.
    Nowhere,
    /// In a file in `quarantine/`, with the host's path.
    SetAside(String),
    /// Handed back to the caller as unwritten lines, because they could not be set aside.
    Unwritten(StorageError),
}

impl core::fmt::Display for Displaced {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { log, how, missing, kept, lost } = self;
        write!(f, "{log} {how} while it was open for writing; ")?;
        let it = if *how == Displacement::Removed { "the log is gone, and with it" } else { "it does not hold" };
        match (missing, kept) {
            (0, _) if *how == Displacement::Removed => {
                return f.write_str("nothing was acknowledged that went with it");
            }
            (0, _) => return f.write_str("all that was acknowledged is in it"),
            (1, _) => write!(f, "{it} 1 acknowledged entry")?,
            (n, _) => write!(f, "{it} {n} acknowledged entries")?,
        }
        match kept {
            Kept::Nowhere => {}
            Kept::SetAside(place) => write!(f, ", set aside in {place}")?,
            Kept::Unwritten(error) => write!(f, ", which could not be set aside and are handed back: {error}")?,
        }
        match (kept, how) {
            (Kept::Nowhere | Kept::Unwritten(_), _) => {}
            (Kept::SetAside(_), Displacement::Removed) => {
                f.write_str(" (`repair` puts them into it, once there is a log at that path again)")?;
            }
            (Kept::SetAside(_), _) => f.write_str(" (`repair` puts them into the log)")?,
        }
        match lost {
            0 => Ok(()),
            n => write!(f, "; {n} of them were cut away and are lost"),
        }
    }
}

/// What a writer knows about its entries when its log is displaced.
pub(super) struct Rescue<'w, F> {
    /// The open file that it wrote.
    pub(super) file: &'w F,
    /// Length of that file when it was opened.
    pub(super) opened_len: u64,
    /// The acknowledged ids.
    pub(super) acknowledged: IdSet,
    /// The newest written lines.
    pub(super) recent: &'w RecentLines,
    /// Acknowledged lines that were not written.
    pub(super) buffered: &'w [u8],
}

impl<F: StorageFile> Rescue<'_, F> {
    /// Sets aside the entries that the file at the log's path lacks, and returns the lines that could not be set aside.
    pub(super) fn run<S: Storage<File = F>>(self, storage: &S, how: Displacement, now_ms: i64) -> (Displaced, Vec<u8>) {
        // An unreadable file counts as empty: a repair drops duplicates.
        let there = at_path(storage).unwrap_or_default();
        let mut missing = IdSet::default();
        self.acknowledged.iter().filter(|id| !there.has(id)).for_each(|id| missing.push(id));
        let (text, stood_at, found) = self.gather(&missing);
        let mut displaced = Displaced {
            log: storage.shown(&Place::Log),
            how,
            missing: missing.len() as u64,
            kept: Kept::Nowhere,
            lost: (missing.len() as u64).saturating_sub(found),
        };
        if text.is_empty() {
            return (displaced, Vec::new());
        }
        let set_aside = set_aside_as(storage, &text, 0..text.len(), stood_at, now_ms);
        let mut handed_back = Vec::new();
        displaced.kept = match set_aside {
            Ok(name) => match name.name().map(Place::Quarantine) {
                Some(place) => Kept::SetAside(storage.shown(&place)),
                None => Kept::Nowhere,
            },
            Err(error) => {
                let len = usize::try_from(text.len()).unwrap_or_default();
                handed_back = text.read_vec(0, len).unwrap_or_default();
                Kept::Unwritten(error.into_storage())
            }
        };
        (displaced, handed_back)
    }

    /// The missing lines: first from the written file, then from memory, then from the buffer. Also returns their
    /// offset in the log, and how many missing entries they hold.
    fn gather(&self, missing: &IdSet) -> (Rope<Prefix<F>>, u64, u64) {
        let len = self.file.stamp().map_or(0, |stamp| stamp.len);
        let log = Prefix { source: self.file.clone(), len };
        let mut held = Held { missing, first: None, found: IdSet::default() };
        let mut rope: Rope<()> = Rope::new(Vec::new());
        let scan = LogScan::resume(self.opened_len, 0, true).every_line();
        let scanned = self.opened_len < len
            && scan_source(&log, self.opened_len..len, scan, &mut held, &mut |_| ControlFlow::Continue(())).is_ok();
        if let Some(first) = held.first.filter(|_| scanned) {
            rope.push_original(0, first, len);
            if log.read_vec(len - 1, 1).is_ok_and(|last| last != b"\n") {
                rope.push_new(b"\n");
            }
        } else {
            held.found = IdSet::default();
        }
        let mut reader = LineReader::new();
        for line in self.recent.lines().chain(self.buffered.split_inclusive(|&b| b == b'\n')) {
            let Outcome::Whole(record) = reader.read(0, 0, line.trim_ascii_end(), false) else { continue };
            if let Some(id) = record.fields.usable_id().filter(|id| missing.has(id) && !held.found.has(id)) {
                held.found.push(&id);
                rope.push_new(line);
            }
        }
        (rope.over(alloc::vec![log]), held.first.unwrap_or(self.opened_len), held.found.len() as u64)
    }
}

/// The ids in the file at the log's path.
fn at_path<S: Storage>(storage: &S) -> Result<IdSet, QuarantineError> {
    let Some(file) = open_if_there(storage, &Place::Log)? else { return Ok(IdSet::default()) };
    let mut ids = LogIds::default();
    ids.read(&file, 0..file.len())?;
    Ok(ids.all)
}

/// Finds missing entries in a log.
struct Held<'m> {
    missing: &'m IdSet,
    /// Offset of the first one.
    first: Option<u64>,
    found: IdSet,
}

impl LogSink for Held<'_> {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        if let Some(id) = entry.fields.usable_id().filter(|id| self.missing.has(id) && !self.found.has(id)) {
            self.found.push(&id);
            self.first.get_or_insert(entry.offset);
        }
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
