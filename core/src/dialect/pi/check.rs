//! The check of an upgrade: proves that the upgraded log holds everything in the old one.
//!
//! If you change what an upgrade changes (`lines`), then change this check too.
//!
//! Owns: the comparison of both logs, record by record, from their bytes alone and independent of the upgrade's code.
//! Invariant: the check passes only if every record is present in order, every field that an upgrade keeps is equal
//! byte for byte, every entry has an id, and every parent is the one that the old log implies.

use crate::dialect::splice::field;
use crate::json::text::is_null;
use crate::json::walk::Walker;
use crate::log::{Damage, Dialect, LogScan, LogSink, Record, id_of, scan_source, tail::Span};
use crate::source::{ByteSource, SourceError};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Why an upgraded log was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// A log cannot be read.
    #[error("{0}")]
    Source(#[from] SourceError),
    /// The logs differ where they must be equal.
    #[error(
        "the upgraded log differs from the original at byte {offset} of the original: {what}; the original was kept"
    )]
    Differs {
        /// Offset in the old log.
        offset: u64,
        /// The difference.
        what: &'static str,
    },
}

/// Compares an old log with its upgrade; returns the number of entries.
///
/// # Errors
/// [`CheckError::Differs`] at the first difference; [`CheckError::Source`] if a log cannot be read or `tick`
/// interrupts.
pub fn check_upgrade(
    old: &dyn ByteSource,
    new: &dyn ByteSource,
    dialect: Dialect,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<u64, CheckError> {
    let mut spans = Spans(Vec::new());
    scan_source(old, 0..old.len(), LogScan::new().every_line(), &mut spans, tick)?;
    let mut compare = Compare { old, spans: spans.0.into_iter(), dialect, last_id: None, entries: 0, failed: None };
    let scanned = scan_source(new, 0..new.len(), LogScan::new().every_line(), &mut compare, tick);
    if let Some(failed) = compare.failed {
        return Err(failed);
    }
    scanned?;
    match compare.spans.next() {
        Some(span) => Err(CheckError::Differs { offset: span.offset, what: "a record is missing" }),
        None => Ok(compare.entries),
    }
}

/// The places of all records in the old log.
struct Spans(Vec<Span>);

impl Spans {
    fn push(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        self.0.push(Span { offset: record.offset, len: record.bytes.len() as u64 });
        ControlFlow::Continue(())
    }
}

impl LogSink for Spans {
    fn before_header(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        self.push(record)
    }

    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()> {
        self.push(header)
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        self.push(entry)
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

struct Compare<'o> {
    old: &'o dyn ByteSource,
    spans: alloc::vec::IntoIter<Span>,
    dialect: Dialect,
    last_id: Option<String>,
    entries: u64,
    failed: Option<CheckError>,
}

impl Compare<'_> {
    fn record(&mut self, new: &Record<'_>, header: bool) -> Result<(), CheckError> {
        let span =
            self.spans.next().ok_or(CheckError::Differs { offset: self.old.len(), what: "a record too many" })?;
        let differs = |what| CheckError::Differs { offset: span.offset, what };
        let bytes = self.old.read_vec(span.offset, usize::try_from(span.len).unwrap_or(usize::MAX))?;
        let (was, is) = (fields(&bytes), fields(new.bytes));
        let (Some(was), Some(is)) = (was, is) else { return Err(differs("it is no record")) };
        let parent = ["parentId", "parent_id"].into_iter().find(|name| was.contains_key(*name));
        let is_named = |token: &[u8]| is_null(token) || id_of(token).is_some();
        let unusable_parent = parent.filter(|name| !was.get(*name).copied().is_some_and(is_named));
        let changed = match self.dialect {
            _ if header => &["version"][..],
            Dialect::LinearV1 => &["id", "firstKeptEntryIndex", unusable_parent.unwrap_or("id")][..],
            _ => &[][..],
        };
        for (name, value) in &was {
            if !changed.contains(&name.as_ref()) && !same(name, is.get(name).copied(), value) {
                return Err(differs("a field changed"));
            }
        }
        if header {
            return if new.fields.version == Some(b"3") { Ok(()) } else { Err(differs("the version is not 3")) };
        }
        if self.dialect == Dialect::LinearV1 {
            let id = new.fields.usable_id().ok_or_else(|| differs("it has no id"))?;
            let old_id = was.get("id").copied().and_then(id_of);
            if old_id.is_some_and(|old| old != id) {
                return Err(differs("its id changed"));
            }
            let had_parent = parent.is_some() && unusable_parent.is_none();
            if !had_parent && new.fields.parent_text().as_deref() != self.last_id.as_deref() {
                return Err(differs("its parent is not the entry before it"));
            }
            self.last_id = Some(id.into_owned());
        }
        self.entries += 1;
        Ok(())
    }

    /// Compares a record before the header, which must be unchanged.
    fn same_bytes(&mut self, new: &Record<'_>) -> Result<(), CheckError> {
        let span =
            self.spans.next().ok_or(CheckError::Differs { offset: self.old.len(), what: "a record too many" })?;
        let bytes = self.old.read_vec(span.offset, usize::try_from(span.len).unwrap_or(usize::MAX))?;
        if bytes == new.bytes {
            return Ok(());
        }
        Err(CheckError::Differs { offset: span.offset, what: "a record before the header changed" })
    }

    fn take(&mut self, compared: Result<(), CheckError>) -> ControlFlow<()> {
        match compared {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

/// All fields of an object; the last value of a repeated key.
fn fields(object: &[u8]) -> Option<BTreeMap<Cow<'_, str>, &[u8]>> {
    let start = object.iter().position(|&b| b == b'{')?;
    let mut fields = BTreeMap::new();
    let walked = Walker::new().walk_object(object, start, |key, value| {
        fields.insert(crate::json::text::unescape(key).unwrap_or_default(), value);
    });
    walked.ok().map(|_| fields)
}

/// True if a field is unchanged; in a message, the role may have been renamed.
fn same(name: &str, new: Option<&[u8]>, old: &[u8]) -> bool {
    let Some(new) = new else { return false };
    if new == old || name != "message" {
        return new == old;
    }
    let (Some(was), Some(is)) = (field(old, "role"), field(new, "role")) else { return false };
    if was != b"\"hookMessage\"" || is != b"\"custom\"" {
        return false;
    }
    let at = (was.as_ptr() as usize).wrapping_sub(old.as_ptr() as usize);
    let behind = |text: &[u8], token: &[u8]| text.get(at + token.len()..).map(<[u8]>::to_vec);
    old.get(..at) == new.get(..at) && behind(old, was) == behind(new, is)
}

impl LogSink for Compare<'_> {
    fn before_header(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        let compared = self.same_bytes(record);
        self.take(compared)
    }

    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()> {
        let compared = self.record(header, true);
        self.take(compared)
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        let compared = self.record(entry, false);
        self.take(compared)
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
