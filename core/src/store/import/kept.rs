//! The files in a store that hold the source of an imported log.
//!
//! Owns: how the noted states of a source follow one another.
//! Invariant: a log can only name files in its own store.

use super::grow::Rows;
use super::keep;
use super::note::{Note, of_header};
use crate::source::{ByteSource, SourceError};
use crate::storage::Name;
use alloc::string::String;
use alloc::vec::Vec;

/// The newest state of the source that a log notes; `None` if the log is no import.
///
/// # Errors
/// Fails if the log cannot be read.
pub(super) fn newest<L: ByteSource>(log: &L, rows: &Rows) -> Result<Option<Note>, SourceError> {
    Ok(match rows.notes.last().and_then(|data| Note::read(data)) {
        Some(note) => Some(note),
        None => of_header(log)?,
    })
}

/// A file with a part of an imported source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its name in `checkpoints/`.
    pub name: Name,
    /// Its length.
    pub len: u64,
    /// Digest of the source up to the end of this part.
    pub digest: String,
}

/// The files that make up the source of an imported log, in order; empty if the log is no import.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn kept_source<L: ByteSource>(log: &L) -> Result<Vec<Kept>, SourceError> {
    let mut notes: Vec<Note> = of_header(log)?.into_iter().collect();
    if notes.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Rows::read(log, &mut |_| core::ops::ControlFlow::Continue(()))?;
    notes.extend(rows.notes.iter().filter_map(|data| Note::read(data)));
    let mut kept: Vec<(Note, Kept)> = Vec::new();
    for note in notes {
        // A state that does not continue the previous one holds all of the source.
        if kept.last().is_none_or(|(before, _)| before.length != note.from) {
            kept.clear();
        }
        if let Some(name) = keep::name(&note.digest) {
            let (len, digest) = (note.length - note.from, note.digest.clone());
            kept.push((note, Kept { name, len, digest }));
        }
    }
    Ok(kept.into_iter().map(|(_, kept)| kept).collect())
}
