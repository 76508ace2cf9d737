//! Pages: entries by their numbers, each with its own line.
//!
//! Owns: what is told of an entry whose line is too long to hand over. Invariant: what a sidecar says of an entry is
//! compared with its line, so far as the line is read.
//! Does not: choose which entries; see [`super::outline`].

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

/// Of a line that is too long this much is read for its first fields.
const HEAD: u64 = 64 * 1024;

/// One entry of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number; unknown where only the end of the log was read.
    pub seq: Option<Seq>,
    /// Its key.
    pub key: String,
    /// The parent's id as the log says it.
    pub parent_id: Option<String>,
    /// Its kind.
    pub kind: String,
    /// Time, Unix milliseconds.
    pub ts: Option<i64>,
    /// Where its line stands.
    pub span: Span,
    /// The line, without its LF, unless it is too long.
    pub line: Option<Vec<u8>>,
}

impl<S: ByteSource, L: Locator> Session<S, L> {
    /// The outline of the session.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn outline(&self) -> Result<Outline, ReadError> {
        let mut found = Outline::default();
        self.ask(|locator| {
            found = Outline::of(locator)?;
            Ok(())
        })?;
        Ok(found)
    }

    /// These entries, with lines of up to `max` bytes; numbers that no entry has are passed over.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn listed(&self, entries: impl IntoIterator<Item = Seq>, max: u64) -> Result<Vec<Listed>, ReadError> {
        let entries: Vec<Seq> = entries.into_iter().collect();
        let mut page = Vec::new();
        self.ask(|locator| {
            page.clear();
            for &seq in &entries {
                if let Some(spot) = locator.spot(seq)? {
                    page.push(self.list(locator, spot, max)?);
                }
            }
            Ok(())
        })?;
        Ok(page)
    }

    /// The entry with this key, as on a page.
    ///
    /// # Errors
    /// If the log cannot be read, or there is no such entry.
    pub fn find(&self, key: &str, max: u64) -> Result<Listed, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            let spot = self.spot(locator, Some(key))?.ok_or(LocateError::Mismatch)?;
            found = Some(self.list(locator, spot, max)?);
            Ok(())
        })?;
        found.ok_or_else(|| ReadError::NoEntry(key.to_string()))
    }

    /// Where the entry with this key stands.
    ///
    /// # Errors
    /// If the log cannot be read, or there is no such entry.
    pub fn locate(&self, key: &str) -> Result<Spot, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            found = self.spot(locator, Some(key))?;
            Ok(())
        })?;
        found.ok_or_else(|| ReadError::NoEntry(key.to_string()))
    }

    /// The entry whose line holds this byte.
    ///
    /// # Errors
    /// If the log cannot be read.
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
            // The LF belongs to its line.
            found = found.take().filter(|spot| offset - spot.span.offset <= spot.span.len);
            Ok(())
        })?;
        Ok(found)
    }

    /// The last entry of the log.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn last(&self) -> Result<Option<Spot>, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            found = locator.last()?;
            Ok(())
        })?;
        Ok(found)
    }

    /// The last `count` entries of the active path, read backwards from the end of the log where there is no index
    /// yet; `None` if that takes an index.
    ///
    /// # Errors
    /// If the log cannot be read.
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

    /// A line, or only its beginning if it is longer than `max`.
    fn beginning(&self, span: Span, max: u64) -> Result<(Option<Vec<u8>>, Vec<u8>), SourceError> {
        let read = |len: u64| self.log.read_vec(span.offset, usize::try_from(len).unwrap_or(usize::MAX));
        if span.len <= max { Ok((Some(read(span.len)?), Vec::new())) } else { Ok((None, read(span.len.min(HEAD))?)) }
    }
}

/// What a line, or its beginning, says.
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
        // Only the beginning is there: the fields that are whole in it.
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
