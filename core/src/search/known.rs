//! What a search must know of a whole log before it can judge an entry: edits, and calls of a tool.
//!
//! Owns: gathering it, as a sink of any pass over the log, or in a pass that decodes only lines that may tell something.
//! Invariant: it depends on the log and on the tool of the filter, not on what is searched for. So one pass serves all
//! searches of an open log.

use super::lines_in;
use super::scan::{EditLine, Part, Search};
use super::within::STEP;
use crate::log::{Damage, LogSink, Record, shown_len};
use crate::session::{Locator, ReadError, Session};
use crate::source::{ByteSource, SourceError};
use core::ops::ControlFlow;

/// The edits of a log, and the calls of the tool that is searched. As a sink it gathers edits, which is all that
/// searches without a tool need.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub(super) part: Part,
}

impl Known {
    /// What a log holds, for searches with the filter of this one.
    ///
    /// # Errors
    /// If the log cannot be read, or `tick`, which gets the bytes done, interrupts.
    pub fn of<S: ByteSource, L: Locator>(
        session: &Session<S, L>,
        search: &Search,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Self, ReadError> {
        let (log, header) = (session.log(), session.header().map(|header| header.offset));
        let len = shown_len(log)?;
        let mut part = Part::default();
        let mut at = 0;
        while at < len {
            let end = at.saturating_add(STEP).min(len);
            lines_in(log, at..end, &mut |offset, bytes| part.extend(search.known_in(offset, bytes, header)))?;
            if tick(end - at).is_break() {
                return Err(SourceError::Interrupted.into());
            }
            at = end;
        }
        Ok(Self { part })
    }
}

impl LogSink for Known {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        self.part.edits.extend(EditLine::of(entry));
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}
