//! The entries of a path, from the root to a leaf.
//!
//! Owns: the walk up from a leaf, and the shortcut for the end of the active path.
//! Invariant: all entries of a path are compared with their lines before the first one is returned, so a wrong sidecar
//! never gives part of an answer.

use super::{Entry, LocateError, Locator, ReadError, Session};
use crate::dialect::CurrentLog;
use crate::log::tail::{Span, last_of_active_path};
use crate::source::{ByteSource, SourceError};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

impl<S: ByteSource, L: Locator> Session<S, L> {
    /// The last `count` entries of the active path, in path order.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn tail(&self, count: usize) -> Result<Vec<Entry>, ReadError> {
        if count == 0 {
            return Ok(Vec::new());
        }
        if self.sidecar.is_none() && self.memory.get().is_none() && matches!(self.log, CurrentLog::AsIs(_)) {
            let spans = last_of_active_path(&self.log, self.header_at(), count)?;
            if let Some(spans) = spans {
                return Ok(spans.into_iter().map(|span| self.line(span)).collect::<Result<_, _>>()?);
            }
        }
        let mut entries = Vec::new();
        self.path_to(None, Some(count), &mut |entry| entries.push(entry))?;
        Ok(entries)
    }

    /// Passes the entries of the path to `leaf` (`None`: the active leaf) to `each`, in path order; only the last
    /// `count` of them, if given.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn path_to(
        &self,
        leaf: Option<&str>,
        count: Option<usize>,
        each: &mut dyn FnMut(Entry),
    ) -> Result<(), ReadError> {
        for range in self.path_ranges(leaf, count)? {
            each(self.entry_at(range)?);
        }
        Ok(())
    }

    /// The places in [`Session::log`] of the entries of that path, root first. They suffice to read its entries one by
    /// one.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn path_ranges(&self, leaf: Option<&str>, count: Option<usize>) -> Result<Vec<Range<u64>>, ReadError> {
        let mut ranges = Vec::new();
        self.ask(|locator| {
            ranges.clear();
            let mut next = self.spot(locator, leaf)?;
            let mut expected: Option<Option<String>> = None;
            while let Some(spot) = next.take()
                && count.is_none_or(|count| ranges.len() < count)
            {
                expected = Some(locator.check(&spot, &self.claimed(&spot)?, expected.as_ref())?);
                ranges.push(spot.span.offset..spot.span.offset + spot.span.len);
                if let Some(parent) = spot.parent {
                    next = Some(locator.spot(parent)?.ok_or(LocateError::Mismatch)?);
                }
            }
            Ok(())
        })?;
        ranges.reverse();
        Ok(ranges)
    }

    /// The entry at one of the [`Session::path_ranges`].
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn entry_at(&self, range: Range<u64>) -> Result<Entry, SourceError> {
        self.line(Span { offset: range.start, len: range.end.saturating_sub(range.start) })
    }
}
