//! The past: a log's record of the v1 session from which it came.
//!
//! If you change the mark of entries, then change `write::render` too, which writes it.
//!
//! Owns: top-level fields as the header and the `jcode/meta` entries on a path set them, and the classification of
//! entries.
//! Invariant: tokens are places in the log, not copies.

use crate::dialect::jcode::read::entry::Kind;
use crate::dialect::jcode::read::fields::{self, Stored, Token};
use crate::dialect::splice::field;
use crate::dialect::{Edits, detect};
use crate::json::text::{self, is_null};
use crate::log::{LineReader, Outcome, Record};
use crate::source::{ByteSource, SourceError};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::Range;

/// The mark of entries that came from v1, with the comma that follows it in the line.
const MARK: &[u8] = br#","v1":true,"#;

/// A classified entry of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialect::jcode) struct Known {
    /// Its kind; `None` if it is not one of jcode's.
    pub(in crate::dialect::jcode) kind: Option<Kind>,
    /// It is marked as coming from v1.
    pub(in crate::dialect::jcode) marked: bool,
    /// Place of its payload in the log.
    pub(in crate::dialect::jcode) payload: Token,
}

/// Classifies an entry.
pub(in crate::dialect::jcode) fn classify(record: &Record<'_>) -> Known {
    let fields = &record.fields;
    let (message, data, custom_type) = (fields.message, fields.data, fields.custom_type);
    let (kind, payload) = match &*fields.kind_text() {
        "message" => (message.map(|_| Kind::Message), message),
        "custom" => {
            let kind = custom_type.and_then(text::string).and_then(|name| Kind::named(&name));
            (kind.filter(|_| data.is_some()), data)
        }
        "context_edit" => (Some(Kind::Edit), Some(record.bytes)),
        _ => (None, None),
    };
    let position = |token: &[u8]| (token.as_ptr() as usize).saturating_sub(record.bytes.as_ptr() as usize);
    let mark_before = |token: Option<&[u8]>, name: &[u8]| {
        let head = token.and_then(|token| record.bytes.get(..position(token)));
        head.and_then(|head| head.strip_suffix(name)).is_some_and(|head| head.ends_with(MARK))
    };
    let marked = match kind {
        Some(Kind::Message) => mark_before(payload, b"\"message\":"),
        Some(Kind::Edit) => mark_before(fields.target, b"\"targetId\":"),
        Some(_) => mark_before(custom_type, b"\"customType\":"),
        None => false,
    };
    let token = payload.unwrap_or_default();
    let at = record.offset + if payload.is_some() { position(token) as u64 } else { 0 };
    Known { kind, marked, payload: Token { source: 0, at, len: token.len() as u64 } }
}

/// The edits on a path.
pub(in crate::dialect::jcode) fn edits<S: ByteSource + ?Sized>(
    log: &S,
    path: impl Iterator<Item = Range<u64>>,
) -> Result<Edits, SourceError> {
    let mut edits = Edits::default();
    for range in path {
        entry(log, range, |record| edits.read(record.bytes))?;
    }
    Ok(edits)
}

/// Reads the entry at `range` and passes it to `see`; `false` if there is no record.
pub(in crate::dialect::jcode) fn entry<S: ByteSource + ?Sized>(
    log: &S,
    range: Range<u64>,
    see: impl FnOnce(&Record<'_>),
) -> Result<bool, SourceError> {
    let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
    let bytes = log.bytes(range.start, len)?;
    match LineReader::new().read(range.start, 0, &bytes, false) {
        Outcome::Whole(record) => {
            see(&record);
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// The header's record of a v1 session.
#[derive(Debug)]
pub(in crate::dialect::jcode) struct Origin {
    pub(in crate::dialect::jcode) session_id: String,
    /// Top-level fields in the header.
    pub(in crate::dialect::jcode) fields: Vec<Stored>,
}

/// Reads the header; `None` if the log does not come from jcode.
pub(in crate::dialect::jcode) fn origin<S: ByteSource>(log: &S) -> Result<Option<Origin>, SourceError> {
    let Some(header) = detect(log)?.header else { return Ok(None) };
    let token = Token { source: 0, at: header.offset, len: header.len };
    let top = fields::of_object(&[log], token)?;
    let Some(metadata) = fields::find(&top, "metadata") else { return Ok(None) };
    let metadata = fields::of_object(&[log], metadata.token)?;
    let Some(jcode) = fields::find(&metadata, "jcode") else { return Ok(None) };
    let mut known = Vec::new();
    for (name, of) in [("id", "id"), ("created_at", "timestamp"), ("working_dir", "cwd")] {
        // An empty `cwd` means that there is none.
        if let Some(field) = fields::find(&top, of).filter(|field| of != "cwd" || field.token.len > 2) {
            known.push(Stored { name: name.to_string(), token: field.token });
        }
    }
    for field in fields::of_object(&[log], jcode.token)? {
        put(&mut known, field);
    }
    Ok(Some(Origin { session_id: header.session_id.unwrap_or_default(), fields: known }))
}

/// The header and the agent of a log that was imported; `None` if it was not.
pub(in crate::dialect::jcode) fn imported<S: ByteSource>(log: &S) -> Result<Option<(Vec<u8>, String)>, SourceError> {
    let Some(header) = detect(log)?.header else { return Ok(None) };
    let line = log.read_vec(header.offset, usize::try_from(header.len).unwrap_or_default())?;
    let import = field(&line, "metadata").and_then(|metadata| field(metadata, "import"));
    let agent = import.and_then(|import| field(import, "agent")).and_then(text::string).map(|agent| agent.to_string());
    Ok(agent.map(|agent| (line, agent)))
}

fn put(fields: &mut Vec<Stored>, field: Stored) {
    match fields.iter_mut().find(|old| old.name == field.name) {
        Some(old) => *old = field,
        None => fields.push(field),
    }
}

/// Applies the `data` of a `jcode/meta` entry.
pub(in crate::dialect::jcode) fn apply_meta<S: ByteSource>(
    fields: &mut Vec<Stored>,
    log: &S,
    data: Token,
) -> Result<(), SourceError> {
    for field in fields::of_object(&[log], data)? {
        if field.token.len == 4 && is_null(&field.token.of(log)?) {
            fields.retain(|old| old.name != field.name);
        } else {
            put(fields, field);
        }
    }
    Ok(())
}

/// The entries that a `jcode/drop` entry removes.
pub(in crate::dialect::jcode) fn dropped<S: ByteSource>(log: &S, data: Token) -> Result<Vec<String>, SourceError> {
    let fields = fields::of_object(&[log], data)?;
    let Some(list) = fields::find(&fields, "entries") else { return Ok(Vec::new()) };
    let bytes = list.token.of(log)?;
    let ids =
        crate::json::walk::elements(&bytes).into_iter().filter_map(|id| text::string(id).map(|id| id.to_string()));
    Ok(ids.collect())
}
