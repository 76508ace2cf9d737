//! Which files in a store are the source of an imported log.
//!
//! Owns: how the states that a log notes follow one another. Invariant: what a log claims is only ever a name in its own
//! store.

use super::grow::Rows;
use super::keep;
use super::note::{Note, of_header};
use crate::source::{ByteSource, SourceError};
use crate::storage::Name;
use alloc::string::String;
use alloc::vec::Vec;

/// The newest state that a log knows; `None` if it is no import.
///
/// # Errors
/// If the log cannot be read.
pub(super) fn newest<L: ByteSource>(log: &L, rows: &Rows) -> Result<Option<Note>, SourceError> {
    Ok(match rows.notes.last().and_then(|data| Note::read(data)) {
        Some(note) => Some(note),
        None => of_header(log)?,
    })
}

/// A file that holds a part of an imported source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its name in `checkpoints/`.
    pub name: Name,
    /// Its length.
    pub len: u64,
    /// The digest of the source up to its end.
    pub digest: String,
}

/// The files that together are the source of an imported log, in their order; none if it is no import.
///
/// # Errors
/// If the log cannot be read.
pub fn kept_source<L: ByteSource>(log: &L) -> Result<Vec<Kept>, SourceError> {
    let mut notes: Vec<Note> = of_header(log)?.into_iter().collect();
    if notes.is_empty() {
        return Ok(Vec::new());
    }
    let rows = Rows::read(log, &mut |_| core::ops::ControlFlow::Continue(()))?;
    notes.extend(rows.notes.iter().filter_map(|data| Note::read(data)));
    let mut kept: Vec<(Note, Kept)> = Vec::new();
    for note in notes {
        // A state that does not continue the one before stands for itself.
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
