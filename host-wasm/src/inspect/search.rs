//! Search in the open session, slice by slice.
//!
//! Owns: when an index is made for it, and what of the log is known from an earlier pass.
//! Invariant: a log that cannot hold the text is read once, whether or not it has an index.

use super::{Inspector, Progress, done_of};
use crate::error::{Code, Error};
use jcode_session_core::report::SearchReport;
use jcode_session_core::search::{
    Case, Filter, Known, Query, QueryError, Search, Slice, may_be_within, search_session,
};
use jcode_session_core::source::ByteSource;

/// Options of a search.
#[derive(Debug, Clone, Copy)]
pub struct SearchOptions {
    /// Letters match only in the same case.
    pub case_sensitive: bool,
    /// Maximum number of hits.
    pub limit: usize,
    /// Offset in the log at which the search begins.
    pub from: u64,
    /// Bytes of the log after which the search pauses.
    pub bytes: u64,
}

impl<S: ByteSource + Clone> Inspector<S> {
    /// The entries that hold a text. A log without an index gets one only if it may hold the text.
    ///
    /// # Errors
    /// Fails if the log cannot be read or the caller cancels.
    pub fn search(
        &mut self,
        text: &str,
        options: SearchOptions,
        progress: &mut Progress<'_>,
    ) -> Result<SearchReport, Error> {
        self.session.detected().readable()?;
        let case = if options.case_sensitive { Case::Sensitive } else { Case::Insensitive };
        let query = match Query::literals(&[text], case) {
            Ok(query) => query,
            Err(QueryError::Empty) => return Ok(SearchReport::new(Vec::new(), None)),
            Err(error) => return Err(Error::new(Code::BadArgument, error.to_string())),
        };
        let search = Search::new(query, Filter::default());
        let len = self.session.log().len();
        if !self.has_index() {
            if !may_be_within(&self.session, &search, &mut done_of(len, progress))? {
                return Ok(SearchReport::new(Vec::new(), None));
            }
            self.index(progress)?;
        }
        let known = match &self.known {
            Some(known) => known,
            None => self.known.insert(Known::of(&self.session, &search, &mut done_of(len, progress))?),
        };
        let SearchOptions { from, limit, bytes, .. } = options;
        let tick = &mut done_of(len.saturating_sub(from).min(bytes), progress);
        let (found, next) = search_session(&self.session, &search, known, Slice { from, limit, bytes }, tick)?;
        let mut hits = Vec::with_capacity(found.len());
        for found in found {
            if let Some(spot) = self.session.at_offset(found.offset)? {
                let run = self.runs()?.node_of(spot.seq);
                hits.push((spot, run, found));
            }
        }
        Ok(SearchReport::new(hits, next))
    }
}
