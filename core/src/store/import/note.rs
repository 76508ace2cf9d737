//! What an imported log says of its source.
//!
//! Owns: `metadata.import` in the header, and the `jcode/import` entries of later imports: agent, path, digest, length,
//! and from which byte on the bytes are kept with it.
//! Invariant: what a log claims is only ever a name in its own store.

use super::grow::Rows;
use super::keep;
use crate::dialect::{Splice, detect, field};
use crate::json::text::{integer, string, write_string};
use crate::log::MAX_HEADER_BYTES;
use crate::source::{ByteSource, SourceError};
use crate::storage::Name;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A state of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) agent: String,
    pub(super) path: String,
    /// BLAKE3 of all of it.
    pub(super) digest: String,
    pub(super) length: u64,
    /// The bytes before are those of the state before.
    pub(super) from: u64,
}

/// The entry that notes a later state.
pub(super) const CUSTOM_TYPE: &str = "jcode/import";

impl Note {
    /// The object.
    pub(super) fn json(&self) -> Vec<u8> {
        let mut out = br#"{"agent":"#.to_vec();
        write_string(&mut out, &self.agent);
        out.extend_from_slice(br#","path":"#);
        write_string(&mut out, &self.path);
        out.extend_from_slice(br#","digest":"#);
        write_string(&mut out, &self.digest);
        out.extend_from_slice(format!(r#","length":{}"#, self.length).as_bytes());
        if self.from > 0 {
            out.extend_from_slice(format!(r#","from":{}"#, self.from).as_bytes());
        }
        out.push(b'}');
        out
    }

    fn read(object: &[u8]) -> Option<Self> {
        let text = |name: &str| field(object, name).and_then(string).map(|text| text.to_string());
        let number = |name: &str| field(object, name).and_then(integer).and_then(|number| u64::try_from(number).ok());
        let note = Self {
            agent: text("agent")?,
            path: text("path").unwrap_or_default(),
            digest: text("digest").filter(|digest| digest.len() == 64)?,
            length: number("length")?,
            from: number("from").unwrap_or_default(),
        };
        (note.from <= note.length).then_some(note)
    }

    /// The newest state that a log knows; `None` if it is no import.
    pub(super) fn newest<L: ByteSource>(log: &L, rows: &Rows) -> Result<Option<Self>, SourceError> {
        Ok(match rows.notes.last().and_then(|data| Self::read(data)) {
            Some(note) => Some(note),
            None => of_header(log)?,
        })
    }
}

fn of_header<L: ByteSource>(log: &L) -> Result<Option<Note>, SourceError> {
    let Some(header) = detect(log)?.header else { return Ok(None) };
    let line = log.read_vec(header.offset, usize::try_from(header.len).unwrap_or_default())?;
    let import = field(&line, "metadata").and_then(|metadata| field(metadata, "import"));
    Ok(import.and_then(Note::read))
}

/// The header of an imported log, from the one that shows the source.
pub(super) fn header(line: &[u8], session_id: &str, note: &Note) -> Option<Vec<u8>> {
    let mut splice = Splice::new(line);
    let string = |text: &str| {
        let mut out = Vec::new();
        write_string(&mut out, text);
        out
    };
    splice.replace(field(line, "id")?, &string(session_id));
    let mut metadata = br#"{"import":"#.to_vec();
    metadata.extend_from_slice(&note.json());
    match field(line, "metadata") {
        Some(old) => {
            metadata.push(b',');
            metadata.extend_from_slice(old.get(1..)?);
            splice.replace(old, &metadata);
        }
        None => {
            metadata.push(b'}');
            splice.insert_behind(field(line, "cwd"), &[("metadata", &metadata)]);
        }
    }
    Some(splice.into_bytes()).filter(|line| (line.len() as u64) < MAX_HEADER_BYTES)
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
