//! Builds the log of a replayed session.
//!
//! If you change the header or the entries, then change section 8 of `docs/format.md` too.
//!
//! Owns: the header, and the `jcode/meta` entries.
//! Invariant: the header stays far below [`crate::log::MAX_HEADER_BYTES`]. Fields that do not stand in it unchanged
//! stand in an entry behind it.

use crate::dialect::jcode::read::entry::{Entry, Kind, MADE, Odd, TimeAt};
use crate::dialect::jcode::read::fields::{self, Change, Stored, Token};
use crate::dialect::jcode::read::replay::{Replay, ReplayError};
use crate::dialect::jcode::write::merge::{UsedIds, inherit_times, merge};
use crate::dialect::jcode::write::render::V1Log;
use crate::json::text::{self, write_string};
use crate::source::{ByteSource, Rope, SourceError};
use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// Greatest length of a value in the header, in bytes.
const MAX_VALUE: u64 = 4 * 1024;
/// Limit for all values in the header together, in bytes.
const MAX_VALUES: usize = 32 * 1024;

/// Presents a replayed session as the log that `migrate` writes.
///
/// # Errors
/// Fails if the v1 files cannot be read.
pub fn present<S: ByteSource>(replay: Replay<S>) -> Result<V1Log<S>, ReplayError> {
    let Replay { session_id, sources, base, state, lists, .. } = replay;
    let created = created_at(&sources, &base, &state)?;
    let header = header(&sources, &base, Named { session_id: &session_id, parent: None }, &created)?;
    let changed = fields::changes((&base, &sources), (&state, &sources))?;
    let updated = token(&sources, &state, "updated_at")?.unwrap_or_else(|| created.clone());

    let mut made = Made::new(sources);
    let preface = made.meta(&header.large, &created)?;
    let changes = made.meta(&changed, &updated)?;
    let mut entries = Vec::new();
    entries.extend(preface);
    entries.append(&mut merge(lists));
    entries.extend(changes);
    let first = made.time(&created);
    made.finish(Plan {
        session_id: header.session_id,
        head: header.line,
        parent: b"null".to_vec(),
        position: 0,
        entries,
        first,
        used: UsedIds::default(),
    })
}

/// The raw string value of a field, if it has one.
fn token<S: ByteSource>(sources: &[S], fields: &[Stored], name: &str) -> Result<Option<Vec<u8>>, SourceError> {
    let bytes = fields::find(fields, name).filter(|field| field.token.len <= MAX_VALUE);
    let bytes = bytes.map(|field| field.token.bytes(sources)).transpose()?;
    Ok(bytes.filter(|bytes| bytes.first() == Some(&b'"')).map(Cow::into_owned))
}

/// The time at which a session was created; a salvaged session may have only a later time.
pub(in crate::dialect::jcode) fn created_at<S: ByteSource>(
    sources: &[S],
    base: &[Stored],
    state: &[Stored],
) -> Result<Vec<u8>, SourceError> {
    for (fields, name) in [(base, "created_at"), (state, "updated_at")] {
        let token = token(sources, fields, name)?;
        if let Some(token) = token.filter(|token| crate::dialect::jcode::read::time::nanoseconds(token).is_some()) {
            return Ok(token);
        }
    }
    Ok(b"\"1970-01-01T00:00:00Z\"".to_vec())
}

/// A header's line.
pub(super) struct Header {
    pub(super) session_id: String,
    pub(super) line: Vec<u8>,
    /// Fields that do not stand in it.
    pub(super) large: Vec<Change>,
}

/// What a header names beside the fields.
pub(super) struct Named<'a> {
    /// The id of a session whose fields have none.
    pub(super) session_id: &'a str,
    /// The log from which it was forked.
    pub(super) parent: Option<&'a str>,
}

pub(super) fn header<S: ByteSource>(
    sources: &[S],
    base: &[Stored],
    named: Named<'_>,
    created: &[u8],
) -> Result<Header, SourceError> {
    let Named { session_id, parent } = named;
    let id = token(sources, base, "id")?.filter(|id| text::string(id).is_some_and(|id| !id.is_empty()));
    let cwd = token(sources, base, "working_dir")?.filter(|cwd| cwd.len() > 2);
    let mut line = br#"{"type":"session","version":3,"id":"#.to_vec();
    match &id {
        Some(id) => line.extend_from_slice(id),
        None => write_string(&mut line, session_id),
    }
    line.extend_from_slice(br#","timestamp":"#);
    line.extend_from_slice(created);
    line.extend_from_slice(br#","cwd":"#);
    line.extend_from_slice(cwd.as_deref().unwrap_or(b"\"\""));
    if let Some(parent) = parent {
        line.extend_from_slice(br#","parentSession":"#);
        write_string(&mut line, parent);
    }
    line.extend_from_slice(br#","metadata":{"jcode":{"#);
    let mut large = Vec::new();
    let mut first = true;
    for field in base {
        let said = match field.name.as_str() {
            "id" => id.is_some(),
            "created_at" => field.token.bytes(sources)? == created,
            "working_dir" => cwd.is_some(),
            _ => false,
        };
        if said {
            continue;
        }
        if field.token.len > MAX_VALUE || line.len() + field.name.len() > MAX_VALUES {
            large.push(Change { name: field.name.clone(), to: Some(field.token) });
            continue;
        }
        if !core::mem::take(&mut first) {
            line.push(b',');
        }
        write_string(&mut line, &field.name);
        line.push(b':');
        line.extend(field.token.bytes(sources)?.iter().map(|&b| if matches!(b, b'\n' | b'\r') { b' ' } else { b }));
    }
    line.extend_from_slice(b"}}}\n");
    let session_id = id.as_deref().and_then(text::string).map_or_else(|| String::from(session_id), |id| id.into());
    Ok(Header { session_id, line, large })
}

/// Generated text, which is in no v1 file, of a log under construction.
pub(in crate::dialect::jcode) struct Made<S> {
    pub(in crate::dialect::jcode) text: Rope<S>,
    times: Vec<u8>,
}

/// The parts of a log.
pub(in crate::dialect::jcode) struct Plan {
    pub(in crate::dialect::jcode) session_id: String,
    pub(in crate::dialect::jcode) head: Vec<u8>,
    pub(in crate::dialect::jcode) parent: Vec<u8>,
    pub(in crate::dialect::jcode) position: u64,
    pub(in crate::dialect::jcode) entries: Vec<Entry>,
    /// The time for first entries without one.
    pub(in crate::dialect::jcode) first: (TimeAt, u8),
    pub(in crate::dialect::jcode) used: UsedIds,
}

impl<S: ByteSource> Made<S> {
    pub(in crate::dialect::jcode) const fn new(sources: Vec<S>) -> Self {
        Self { text: Rope::new(sources), times: Vec::new() }
    }

    /// Adds a time that is in no payload.
    pub(in crate::dialect::jcode) fn time(&mut self, token: &[u8]) -> (TimeAt, u8) {
        let at = u32::try_from(self.times.len()).unwrap_or_default();
        self.times.extend_from_slice(token);
        (TimeAt::Aside(at), u8::try_from(token.len()).unwrap_or_default())
    }

    /// An entry whose payload is the part of `text` from `from` on.
    pub(in crate::dialect::jcode) fn entry(
        &mut self,
        kind: Kind,
        from: u64,
        time: &[u8],
    ) -> Result<Entry, ReplayError> {
        let len = u32::try_from(self.text.len() - from).map_err(|_| ReplayError::TooLarge { offset: from })?;
        let (time, time_len) = self.time(time);
        Ok(Entry { time, time_len, odd: Odd::Lines, ..Entry::new(kind, MADE, from, len) })
    }

    /// A `jcode/meta` entry with these changes; `None` without changes.
    pub(in crate::dialect::jcode) fn meta(
        &mut self,
        changes: &[Change],
        time: &[u8],
    ) -> Result<Option<Entry>, ReplayError> {
        if changes.is_empty() {
            return Ok(None);
        }
        let from = self.text.len();
        for (index, change) in changes.iter().enumerate() {
            let mut name = if index == 0 { b"{".to_vec() } else { b",".to_vec() };
            write_string(&mut name, &change.name);
            name.push(b':');
            self.text.push_new(&name);
            match change.to {
                Some(Token { source, at, len }) => self.text.push_original(u32::from(source), at, at + len),
                None => self.text.push_new(b"null"),
            }
        }
        self.text.push_new(b"}");
        self.entry(Kind::Meta, from, time).map(Some)
    }

    /// Replaces invalid UTF-8 in a payload, because a log is UTF-8.
    fn replace_bytes(&mut self, entry: &mut Entry) -> Result<(), SourceError> {
        let token = Token { source: entry.source, at: entry.at, len: u64::from(entry.len) };
        let bytes = token.bytes(self.text.sources())?.into_owned();
        let from = self.text.len();
        let mut at = entry.at;
        for chunk in bytes.utf8_chunks() {
            let valid = at + chunk.valid().len() as u64;
            self.text.push_original(u32::from(entry.source), at, valid);
            at = valid + chunk.invalid().len() as u64;
            if !chunk.invalid().is_empty() {
                self.text.push_new("\u{FFFD}".as_bytes());
            }
        }
        let len = u32::try_from(self.text.len() - from).unwrap_or(u32::MAX);
        let (time, time_len) = match entry.time {
            // Positions in the payload have changed.
            TimeAt::Own(_) => (TimeAt::None, 0),
            other => (other, entry.time_len),
        };
        *entry = Entry { at: from, len, source: MADE, id_len: 0, time, time_len, odd: Odd::Lines, ..*entry };
        Ok(())
    }

    /// Builds the log.
    pub(in crate::dialect::jcode) fn finish(mut self, plan: Plan) -> Result<V1Log<S>, ReplayError> {
        let Plan { session_id, head, parent, position, mut entries, first, used } = plan;
        for entry in entries.iter_mut().filter(|entry| entry.odd == Odd::Bytes) {
            self.replace_bytes(entry)?;
        }
        inherit_times(&mut entries, first);
        let ids = used.settle(&session_id, &mut entries, self.text.sources())?;
        let Self { text, times } = self;
        Ok(V1Log { text, head, parent, position, entries, times, ids, len: 0 }.lay_out())
    }
}
