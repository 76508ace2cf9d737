//! Import: copies another agent's session into a session of jcode's, and later adds what that session has gained.
//!
//! If you change what an import writes, then change section 11.4 of `docs/format.md` and the crash tests first.
//!
//! Owns: the order of steps, each of which ends with a sync: 1. the source's bytes are kept in `checkpoints/`; 2. the
//! new log is written aside; 3. the ledger gains the rows for the states before and after; 4. the new log is renamed
//! over the old one. `note` is the log's record of its source, `grow` finds the entries that it lacks.
//! Invariant: a log that grows keeps every byte, and the source is only read. A crash leaves the old log, or the new
//! one with all of its source.
//! Does not: lock, find sources or update the sidecar; hosts do.

mod grow;
mod keep;
mod kept;
mod note;

use super::error::StoreError;
use super::ledger::{Event, LedgerRow, digest_hex};
use super::migrate::{MigrateError, write};
use super::session_store::SessionStore;
use super::state::LogState;
use super::{checkpoint, set_aside};
use crate::dialect::{CurrentLog, Detected, Refused, detect, session_id};
use crate::index::IndexBuilder;
use crate::log::{LogScan, OpenLine, scan_source};
use crate::source::{ByteSource, Rope, SliceSource, SourceError, go_on};
use crate::storage::{Storage, StorageError};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::ControlFlow;
pub use keep::KEPT_SOURCE;
pub use kept::{Kept, kept_source};
use note::Note;

/// Why an import failed; the log is then unchanged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file is not another agent's session.
    #[error("is no session of another agent: there is nothing to import")]
    NotForeign,
    /// The file cannot be shown as a session.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A session with the same id exists and was not imported from this source.
    #[error("a session with the id `{0}` is there, and was not imported from it; move that one away")]
    OtherSession(String),
    /// Both the imported session and its source grew.
    #[error(
        "diverged: messages were appended to the imported session `{0}` and its source went on; both are untouched"
    )]
    Diverged(String),
    /// The log ends in a torn line.
    #[error("the last line of the imported session `{0}` is incomplete; `repair` sets it aside")]
    Torn(String),
    /// The header would have 64 KiB or more.
    #[error("the path of the source is too long for a header of 64 KiB")]
    Header,
    /// A file could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SourceError> for ImportError {
    fn from(error: SourceError) -> Self {
        Self::Store(error.into())
    }
}

impl From<StorageError> for ImportError {
    fn from(error: StorageError) -> Self {
        Self::Store(error.into())
    }
}

impl From<MigrateError> for ImportError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Store(error) => Self::Store(error),
            MigrateError::Source(error) => Self::Store(error.into()),
            other => Self::Store(StoreError::StillDamaged(other.to_string())),
        }
    }
}

/// A source and its presentation as a log.
pub struct Source<'s, S> {
    /// The presented log.
    pub shown: &'s CurrentLog<S>,
    /// The source's bytes.
    pub bytes: &'s dyn ByteSource,
    /// Result of the detection.
    pub detected: &'s Detected,
    /// Path of the source, for the note.
    pub path: &'s str,
    /// The file's name without its ending.
    pub stem: &'s str,
}

/// The id under which a session of another agent is imported; `stem` is that of its file, for those that have no id.
///
/// # Errors
/// If it is none.
pub fn imported_id<S: ByteSource>(
    shown: &CurrentLog<S>,
    detected: &Detected,
    stem: &str,
) -> Result<String, ImportError> {
    let prefix = detected.dialect.import_prefix().ok_or(ImportError::NotForeign)?;
    let header = detect(shown)?.header.ok_or(ImportError::NotForeign)?;
    Ok(format!("{prefix}{}", header.session_id.unwrap_or_else(|| session_id(stem))))
}

impl<S> core::fmt::Debug for Source<'_, S> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Source").field("detected", &self.detected).field("path", &self.path).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Import<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { session_id, entries, note, .. } = self;
        f.debug_struct("Import")
            .field("session_id", session_id)
            .field("entries", entries)
            .field("note", note)
            .finish_non_exhaustive()
    }
}

/// A planned import.
pub struct Import<'s> {
    /// The session's id.
    pub session_id: String,
    /// Number of entries that it adds.
    pub entries: u64,
    /// Offset in the source of the bytes to keep; those before it are already kept.
    kept_from: u64,
    note: Note,
    /// New text, which follows the old log.
    text: Rope<&'s dyn ByteSource>,
    /// The old log lacks its last LF.
    lacks_lf: bool,
}

impl<'s> Import<'s> {
    /// Plans an import. `old`: the existing log. `None` if the log already holds all of the source.
    ///
    /// # Errors
    /// See [`ImportError`].
    pub fn plan<S: ByteSource>(
        source: &Source<'s, S>,
        old: Option<&dyn ByteSource>,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Option<Self>, ImportError> {
        let session_id = imported_id(source.shown, source.detected, source.stem)?;
        let digest = digest_hex(&checkpoint::digest(None, source.bytes, 0..source.bytes.len())?);
        source.bytes.still_whole()?;
        let note = Note {
            agent: source.detected.dialect.name().to_string(),
            path: source.path.to_string(),
            digest,
            length: source.bytes.len(),
            from: 0,
        };
        match old.filter(|old| !old.is_empty()) {
            None => Self::first(source.shown, session_id, note, tick).map(Some),
            Some(old) => Self::growth(source, old, session_id, note, tick),
        }
    }

    fn first<S: ByteSource>(
        shown: &'s CurrentLog<S>,
        session_id: String,
        note: Note,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Self, ImportError> {
        let header = detect(shown)?.header.ok_or(ImportError::NotForeign)?;
        let line = shown.read_vec(header.offset, usize::try_from(header.len).unwrap_or_default())?;
        let mut text: Rope<&'s dyn ByteSource> = Rope::new(alloc::vec![shown as &dyn ByteSource]);
        text.push_new(&note::header(&line, &session_id, &note).ok_or(ImportError::Header)?);
        text.push_original(0, header.end(), shown.len());
        let mut builder = IndexBuilder::new(());
        scan_source(&text, 0..text.len(), LogScan::new(), &mut builder, tick)?;
        Ok(Self { session_id, entries: builder.entry_count(), kept_from: 0, note, text, lacks_lf: false })
    }

    fn growth<S: ByteSource>(
        source: &Source<'s, S>,
        old: &dyn ByteSource,
        session_id: String,
        note: Note,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Option<Self>, ImportError> {
        let log = grow::Rows::read(&old, tick)?;
        let before = kept::newest(&old, &log)?.filter(|before| before.agent == note.agent);
        let before = before.ok_or_else(|| ImportError::OtherSession(session_id.clone()))?;
        if (&before.digest, before.length) == (&note.digest, note.length) {
            return Ok(None);
        }
        let continues = before.length <= note.length
            && digest_hex(&checkpoint::digest(None, source.bytes, 0..before.length)?) == before.digest;
        let note = Note { from: if continues { before.length } else { 0 }, ..note };
        let shown = grow::Rows::read(source.shown, tick)?;
        let mut text: Rope<&'s dyn ByteSource> = Rope::new(alloc::vec![source.shown as &dyn ByteSource]);
        let entries = grow::append(&log, &shown, source.shown, &session_id, &note, &mut text)?;
        if entries == 0 {
            return Ok(None);
        }
        match log.open_line {
            OpenLine::Torn | OpenLine::Salvaged => return Err(ImportError::Torn(session_id)),
            _ if log.went_on() => return Err(ImportError::Diverged(session_id)),
            _ => {}
        }
        let lacks_lf = log.open_line == OpenLine::Whole;
        Ok(Some(Self { session_id, entries, kept_from: note.from, note, text, lacks_lf }))
    }

    /// Approximate number of bytes that the import adds to the disk.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.text.len() + self.note.length.saturating_sub(self.kept_from)
    }

    /// Runs the import under the session's lock. `bytes` is the source, `old_len` the length of the log at planning.
    ///
    /// # Errors
    /// See [`ImportError`]; the log is then unchanged or imported.
    pub fn run<S: Storage>(
        &self,
        mut session: SessionStore<'_, S>,
        bytes: &dyn ByteSource,
        old_len: u64,
        now_ms: i64,
    ) -> Result<(), ImportError> {
        if session.len() != old_len {
            return Err(StoreError::OtherLog { len: old_len }.into());
        }
        session.resolve_pending(now_ms)?;
        keep::keep(session.storage, &self.note, bytes)?;
        let done = self.replace(&mut session, now_ms);
        set_aside::or_dropped(session.storage, done)
    }

    fn replace<S: Storage>(&self, session: &mut SessionStore<'_, S>, now_ms: i64) -> Result<(), ImportError> {
        let line_end = SliceSource(if self.lacks_lf { b"\n" } else { b"" });
        let mut hasher = blake3::Hasher::new();
        let new = {
            let mut parts: Vec<&dyn ByteSource> = Vec::new();
            parts.extend(session.log.as_ref().map(|log| log as &dyn ByteSource));
            parts.extend([&line_end as &dyn ByteSource, &self.text]);
            write(session.storage, &parts, |bytes| {
                hasher.update(bytes);
            })?
        };
        let words = format!("imported from {}", self.note.agent);
        let mut rows = Vec::new();
        let mut row = if session.is_empty() {
            let nothing = digest_hex(&blake3::hash(b""));
            rows.push(LedgerRow::new(Event::Checkpoint, now_ms, 0, nothing, "before an import"));
            let mut row = LedgerRow::new(Event::Migrate, now_ms, new.len(), digest_hex(&hasher.finalize()), &words);
            row.fingerprint = Some(LogState::of(&new, new.len())?.fingerprint);
            row
        } else {
            rows.extend(session.new_checkpoint(now_ms, "before an import", &mut go_on)?);
            let mut ledger = session.ledger_file.ledger.clone();
            rows.iter().cloned().for_each(|row| ledger.push(row));
            checkpoint::row(&ledger, &new, new.len(), None, now_ms, &words)?
        };
        row.event = Event::Migrate;
        row.from = Some(session.state()?);
        rows.push(row);
        session.record(rows)?;
        Ok(set_aside::publish_log(session.storage, new, session.log.as_ref())?)
    }
}
