//! Export to v1: the active path of a log as the snapshot that jcode would store after a checkpoint.
//!
//! If you change the result, then change sections 6.2 and 8 of `docs/format.md` too.
//!
//! Owns: which entries of a path count, and the order of the snapshot's fields.
//! Invariant: values are copied from the log unchanged, one entry at a time.
//! Does not: find the path; callers have an index.

use super::export_error::ExportError;
use super::export_import;
use crate::dialect::jcode::compare::past::{self, Known};
use crate::dialect::jcode::read::array::Array;
use crate::dialect::jcode::read::entry::Kind;
use crate::dialect::jcode::read::fields::Token;
use crate::json::text::write_string;
use crate::log::Record;
use crate::source::ByteSource;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
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
    let mut fields = origin.fields;
    // First pass: small values that must precede the messages.
    let mut sides: Vec<(Array, Option<String>, Token)> = Vec::new();
    let mut dropped = BTreeSet::new();
    for range in path.clone() {
        let at = range.start;
        let mut found: Option<(Known, Option<String>)> = None;
        let whole = past::entry(log, range, |record: &Record<'_>| {
            let known = past::classify(record);
            if known.kind.is_some_and(|kind| kind != Kind::Message) {
                found = Some((known, record.fields.usable_id().map(|id| id.to_string())));
            }
        })
        .map_err(source)?;
        if !whole {
            return Err(ExportError::NoEntry { offset: at });
        }
        let Some((known, id)) = found else { continue };
        match known.kind {
            Some(Kind::Meta) => past::apply_meta(&mut fields, log, known.payload).map_err(source)?,
            Some(Kind::Drop) => dropped.extend(past::dropped(log, known.payload).map_err(source)?),
            Some(kind) => sides.extend(kind.array().map(|array| (array, id, known.payload))),
            None => {}
        }
    }
    let mut writer = Writer { log, out, begun: false };
    for field in &fields {
        writer.key(&field.name)?;
        writer.value(field.token)?;
    }
    writer.key(Array::Messages.name())?;
    writer.text(b"[")?;
    let mut first = true;
    for range in path {
        let mut message = None;
        past::entry(log, range, |record| {
            let known = past::classify(record);
            message = (known.kind == Some(Kind::Message)).then_some(known.payload);
        })
        .map_err(source)?;
        if let Some(message) = message {
            writer.element(&mut first, message)?;
        }
    }
    writer.text(b"]")?;
    let kept = |id: &Option<String>| !id.as_ref().is_some_and(|id| dropped.contains(id));
    for array in Array::ALL {
        let mut first = true;
        for (_, _, token) in sides.iter().filter(|(of, id, _)| *of == array && kept(id)) {
            if first {
                writer.key(array.name())?;
                writer.text(b"[")?;
            }
            writer.element(&mut first, *token)?;
        }
        if !first {
            writer.text(b"]")?;
        }
    }
    writer.text(if writer.begun { b"}" } else { b"{}" })?;
    log.still_whole().map_err(source)
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
        if !core::mem::replace(first, false) {
            self.text(b",")?;
        }
        self.value(token)
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
