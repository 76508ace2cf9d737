//! Pages: entries by number, each with its line.
//!
//! Owns: the treatment of lines that are too long to return.
//! Invariant: a sidecar's facts about an entry are compared with the entry's line, if the whole line is read.

use super::locate::{LocateError, Locator, Spot};
use super::outline::Outline;
use super::{ReadError, Session};
use crate::dialect::CurrentLog;
use crate::index::row::Seq;
use crate::json::walk::Walker;
use crate::log::tail::{Span, last_of_active_path};
use crate::log::{Fields, LineReader, Outcome};
use crate::source::{ByteSource, SourceError};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Bytes of an overlong line that are read for its first fields.
const HEAD: u64 = 64 * 1024;

/// One entry of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Number of the entry; `None` if only the end of the log was read.
    pub seq: Option<Seq>,
    /// Its key.
    pub key: String,
    /// The parent's id as the log names it.
    pub parent_id: Option<String>,
    /// Its kind.
    pub kind: String,
    /// Time, Unix milliseconds.
    pub ts: Option<i64>,
    /// Place of its line.
    pub span: Span,
    /// The line without its LF; `None` if it is too long.
    pub line: Option<Vec<u8>>,
}

impl<S: ByteSource, L: Locator> Session<S, L> {
    /// The outline of the session.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn outline(&self) -> Result<Outline, ReadError> {
        let mut found = Outline::default();
        self.ask(|locator| {
            found = Outline::of(locator)?;
            Ok(())
        })?;
        Ok(found)
    }

    /// Entries by number, with lines of at most `max` bytes; numbers without an entry are skipped.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn listed(&self, entries: impl IntoIterator<Item = Seq>, max: u64) -> Result<Vec<Listed>, ReadError> {
        let entries: Vec<Seq> = entries.into_iter().collect();
        let mut page = Vec::new();
        self.ask(|locator| {
            page.clear();
            for &seq in &entries {
                match locator.spot(seq)? {
                    Some(spot) => page.push(self.list(locator, spot, max)?),
                    // A number that the log has, and the index should have.
                    None if u64::from(seq) < locator.counts().entries => return Err(LocateError::Mismatch),
                    None => {}
                }
            }
            Ok(())
        })?;
        Ok(page)
    }

    /// The entry with this key, with a line of at most `max` bytes.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn find(&self, key: &str, max: u64) -> Result<Listed, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            let spot = self.spot(locator, Some(key))?.ok_or(LocateError::Mismatch)?;
            found = Some(self.list(locator, spot, max)?);
            Ok(())
        })?;
        found.ok_or_else(|| ReadError::NoEntry(key.to_string()))
    }

    /// The place of the entry with this key.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn locate(&self, key: &str) -> Result<Spot, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            found = self.spot(locator, Some(key))?;
            Ok(())
        })?;
        found.ok_or_else(|| ReadError::NoEntry(key.to_string()))
    }

    /// The entry whose line contains the byte at `offset`.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn at_offset(&self, offset: u64) -> Result<Option<Spot>, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            let (mut low, mut high) = (0, Seq::try_from(locator.counts().entries).unwrap_or(Seq::MAX));
            found = None;
            while low < high {
                let middle = low + (high - low) / 2;
                let spot = locator.spot(middle)?.ok_or(LocateError::Mismatch)?;
                if spot.span.offset > offset {
                    high = middle;
                } else {
                    low = middle + 1;
                    found = Some(spot);
                }
            }
            // A line's LF counts as part of it.
            found = found.take().filter(|spot| offset - spot.span.offset <= spot.span.len);
            Ok(())
        })?;
        Ok(found)
    }

    /// The last entry of the log.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn last(&self) -> Result<Option<Spot>, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            found = locator.last()?;
            Ok(())
        })?;
        Ok(found)
    }

    /// The last `count` entries of the active path, read backwards from the end of the log; `None` if there is an index
    /// already, or one is needed.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn tail_without_index(&self, count: usize, max: u64) -> Result<Option<Vec<Listed>>, SourceError> {
        if self.has_index() || !matches!(self.log, CurrentLog::AsIs(_)) {
            return Ok(None);
        }
        let Some(spans) = last_of_active_path(&self.log, self.header_at(), count)? else { return Ok(None) };
        let mut page = Vec::new();
        for span in spans {
            let (line, head) = self.beginning(span, max)?;
            let seen = Seen::of(line.as_deref().unwrap_or(&head), span.offset);
            let key = seen.id.unwrap_or_else(|| format!("@{}", span.offset));
            let (kind, ts, parent_id) = (seen.kind, seen.ts, seen.parent_id);
            page.push(Listed { seq: None, key, parent_id, kind, ts, span, line });
        }
        Ok(Some(page))
    }

    fn list(&self, locator: &dyn Locator, spot: Spot, max: u64) -> Result<Listed, LocateError> {
        if spot.span.offset.saturating_add(spot.span.len) > self.log.len() {
            return Err(LocateError::Mismatch);
        }
        let (line, head) = self.beginning(spot.span, max)?;
        let line = match line {
            Some(line) => {
                let entry = super::Entry { offset: spot.span.offset, line };
                locator.check(&spot, &entry, None)?;
                Some(entry.line)
            }
            None => None,
        };
        let seen = Seen::of(line.as_deref().unwrap_or(&head), spot.span.offset);
        let kind = spot.kind.unwrap_or(seen.kind);
        let ts = spot.ts.or(seen.ts);
        Ok(Listed { seq: Some(spot.seq), key: spot.key, parent_id: seen.parent_id, kind, ts, span: spot.span, line })
    }

    /// A line, or its beginning if it is longer than `max`.
    fn beginning(&self, span: Span, max: u64) -> Result<(Option<Vec<u8>>, Vec<u8>), SourceError> {
        let read = |len: u64| self.log.read_vec(span.offset, usize::try_from(len).unwrap_or(usize::MAX));
        if span.len <= max { Ok((Some(read(span.len)?), Vec::new())) } else { Ok((None, read(span.len.min(HEAD))?)) }
    }
}

/// The fields of a line, or of its beginning.
#[derive(Default)]
struct Seen {
    id: Option<String>,
    parent_id: Option<String>,
    kind: String,
    ts: Option<i64>,
}

impl Seen {
    fn of(line: &[u8], offset: u64) -> Self {
        let mut reader = LineReader::new();
        if let Outcome::Whole(record) = reader.read(offset, 0, line, false) {
            return Self::of_fields(&record.fields);
        }
        // Only the beginning: read the fields that are complete in it.
        let mut fields = Fields::default();
        let start = line.iter().position(|&byte| byte == b'{').unwrap_or_default();
        let _ = Walker::new().walk_object(line, start, |key, value| fields.take(key, value));
        Self::of_fields(&fields)
    }

    fn of_fields(fields: &Fields<'_>) -> Self {
        Self {
            id: fields.usable_id().map(|id| id.into_owned()),
            parent_id: fields.parent_text().map(|parent| parent.into_owned()),
            kind: fields.kind_text().into_owned(),
            ts: fields.time(),
        }
    }
}
