//! Export to v1: the active path of a log as the snapshot that jcode would store after a checkpoint.
//!
//! If you change the result, then change sections 6.2 and 8 of `docs/format.md` too.
//!
//! Owns: which entries count, and the order of the snapshot's fields.
//! Invariant: messages are those of the path, as its edits leave them; all else is the whole log's. Every value is
//! written as it stands in the log; one entry at a time is in memory.
//! Does not: find the path; callers have an index.

use super::export_error::ExportError;
use super::export_import;
use crate::dialect::Edits;
use crate::dialect::jcode::compare::past;
use crate::dialect::jcode::compare::rest::Rest;
use crate::dialect::jcode::read::array::Array;
use crate::dialect::jcode::read::entry::Kind;
use crate::dialect::jcode::read::fields::Token;
use crate::json::text::write_string;
use crate::log::Record;
use crate::source::ByteSource;
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

/// Writes the snapshot of the entries at `path`, root first, to `out`. The ranges come from the index: lines of the log
/// without their LF.
///
/// # Errors
/// Fails if the log comes neither from jcode nor from an import, if it cannot be read, if `path` does not match it, or
/// if `out` fails.
pub fn export<S: ByteSource, E>(
    log: &S,
    path: impl Iterator<Item = Range<u64>> + Clone,
    out: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), ExportError<E>> {
    let source = ExportError::Source;
    let Some(origin) = past::origin(log).map_err(source)? else {
        let (header, agent) = past::imported(log).map_err(source)?.ok_or(ExportError::NotFromJcode)?;
        return export_import::export(log, &header, &agent, path, out);
    };
    let rest = Rest::read(log, origin.fields).map_err(source)?;
    // Edits stand behind what they edit.
    let edits = past::edits(log, path.clone()).map_err(source)?;
    let mut writer = Writer { log, out, begun: false };
    for field in &rest.fields {
        writer.key(&field.name)?;
        writer.value(field.token)?;
    }
    writer.key(Array::Messages.name())?;
    writer.text(b"[")?;
    let mut first = true;
    for range in path {
        let at = range.start;
        let mut message = None;
        let whole = past::entry(log, range, |record| message = Message::of(record, &edits)).map_err(source)?;
        if !whole {
            return Err(ExportError::NoEntry { offset: at });
        }
        match message {
            Some(Message::Stored(token)) => writer.element(&mut first, token)?,
            Some(Message::Edited(json)) => {
                writer.comma(&mut first)?;
                writer.text(&json)?;
            }
            None => {}
        }
    }
    writer.text(b"]")?;
    for array in Array::ALL {
        let mut first = true;
        for side in rest.sides().filter(|side| side.array == array) {
            if first {
                writer.key(array.name())?;
                writer.text(b"[")?;
            }
            writer.element(&mut first, side.token)?;
        }
        if !first {
            writer.text(b"]")?;
        }
    }
    writer.text(if writer.begun { b"}" } else { b"{}" })?;
    log.still_whole().map_err(source)
}

/// A message of the path.
pub(super) enum Message {
    /// As it stands in the log.
    Stored(Token),
    /// With other content.
    Edited(Vec<u8>),
}

impl Message {
    /// The message of an entry; `None` if it has none, or that is left out.
    pub(super) fn of(record: &Record<'_>, edits: &Edits) -> Option<Self> {
        let known = past::classify(record);
        let message = record.fields.message.filter(|_| known.kind == Some(Kind::Message))?;
        let id = record.fields.usable_id().unwrap_or_default();
        Some(match edits.message(&id, message)? {
            Cow::Borrowed(_) => Self::Stored(known.payload),
            Cow::Owned(json) => Self::Edited(json),
        })
    }

    /// The message, if it is not as it stands in the log.
    pub(super) fn into_edited(self) -> Option<Vec<u8>> {
        match self {
            Self::Stored(_) => None,
            Self::Edited(json) => Some(json),
        }
    }
}

struct Writer<'a, S, E> {
    log: &'a S,
    out: &'a mut dyn FnMut(&[u8]) -> Result<(), E>,
    begun: bool,
}

/// Bytes per copy step.
const STEP: u64 = 1 << 18;

impl<S: ByteSource, E> Writer<'_, S, E> {
    fn text(&mut self, text: &[u8]) -> Result<(), ExportError<E>> {
        (self.out)(text).map_err(ExportError::Output)
    }

    fn key(&mut self, name: &str) -> Result<(), ExportError<E>> {
        let mut key = if core::mem::replace(&mut self.begun, true) { b",".to_vec() } else { b"{".to_vec() };
        write_string(&mut key, name);
        key.push(b':');
        self.text(&key)
    }

    fn element(&mut self, first: &mut bool, token: Token) -> Result<(), ExportError<E>> {
        self.comma(first)?;
        self.value(token)
    }

    fn comma(&mut self, first: &mut bool) -> Result<(), ExportError<E>> {
        if core::mem::replace(first, false) { Ok(()) } else { self.text(b",") }
    }

    fn value(&mut self, token: Token) -> Result<(), ExportError<E>> {
        let end = token.at + token.len;
        let mut at = token.at;
        while at < end {
            let step = (end - at).min(STEP);
            let bytes = self.log.read_vec(at, usize::try_from(step).unwrap_or_default());
            let bytes = bytes.map_err(ExportError::Source)?;
            self.text(&bytes)?;
            at += step;
        }
        Ok(())
    }
}
