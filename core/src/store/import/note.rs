//! The note: an imported log's record of its source.
//!
//! Owns: `metadata.import` in the header, and the `jcode/import` entries of later imports: agent, path, digest, length,
//! and the offset at which the bytes kept with this state begin.
//! Invariant: a note can only name files in the log's own store.

use crate::dialect::{Splice, detect, field};
use crate::json::text::{integer, string, write_string};
use crate::log::MAX_HEADER_BYTES;
use crate::source::{ByteSource, SourceError};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// A state of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    pub(super) agent: String,
    pub(super) path: String,
    /// BLAKE3 of the whole source, in hex.
    pub(super) digest: String,
    pub(super) length: u64,
    /// Offset of the bytes kept with this state; earlier ones are kept with earlier states.
    pub(super) from: u64,
}

/// `customType` of the entry that notes a later state.
pub(super) const CUSTOM_TYPE: &str = "jcode/import";

impl Note {
    /// The note as a JSON object.
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

    /// Reads a note; `None` if it is not valid.
    pub(super) fn read(object: &[u8]) -> Option<Self> {
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
}

/// The note in a log's header; `None` if the log is no import.
pub(super) fn of_header<L: ByteSource>(log: &L) -> Result<Option<Note>, SourceError> {
    let Some(header) = detect(log)?.header else { return Ok(None) };
    let line = log.read_vec(header.offset, usize::try_from(header.len).unwrap_or_default())?;
    let import = field(&line, "metadata").and_then(|metadata| field(metadata, "import"));
    Ok(import.and_then(Note::read))
}

/// The header of an imported log, made from the header of the presented source; `None` if it is too long.
pub(super) fn header(line: &[u8], session_id: &str, note: &Note) -> Option<Vec<u8>> {
    let mut splice = Splice::new(line);
    let string = |text: &str| {
        let mut out = Vec::new();
        write_string(&mut out, text);
        out
    };
    match field(line, "id") {
        Some(old) => splice.replace(old, &string(session_id)),
        None => splice.insert_behind(field(line, "version"), &[("id", &string(session_id))]),
    }
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
