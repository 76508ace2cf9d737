//! What others appended to a session of jcode, taken in without reading all of it.
//!
//! Owns: that entries are taken in one by one. Invariant: where one does not follow the one before it, or core says that
//! only the log tells, the answer is no, and the session is read anew.
//! Does not: read messages.

use super::held::Held;
use crate::os::log_file::LogFile;
use jcode_session_core::dialect::jcode::{StateError, Step};
use jcode_session_core::log::{Damage, LogScan, LogSink, Record, scan_source};
use jcode_session_core::source::SourceError;
use std::ops::{ControlFlow, Range};
use std::path::Path;

/// Takes in the entries of a range of the log; false if that is not enough.
pub(super) fn follow(held: &mut Held, log: &Path, range: Range<u64>) -> Result<bool, StateError> {
    let Ok(log) = LogFile::open(log) else { return Ok(false) };
    let scan = LogScan::resume(range.start, 0, true).every_line();
    let mut others = Others { held };
    match scan_source(&log, range, scan, &mut others, &mut |_| ControlFlow::Continue(())) {
        Ok(_) => Ok(true),
        Err(SourceError::Interrupted) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

struct Others<'h> {
    held: &'h mut Held,
}

impl LogSink for Others<'_> {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Break(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        let (fields, held) = (&entry.fields, &mut *self.held);
        let Some(id) = fields.usable_id().map(|id| id.into_owned()) else { return ControlFlow::Break(()) };
        if fields.parent_text().as_deref() != held.leaf.as_deref() {
            return ControlFlow::Break(());
        }
        match Step::of(entry) {
            Step::Message => {
                held.path.push(id.clone());
                held.rewound = None;
            }
            Step::Fields(changes) => held.fields.apply(&changes),
            Step::EnvSnapshot => held.env.push(id.clone()),
            Step::Anew => return ControlFlow::Break(()),
            Step::Nothing => {}
        }
        held.leaf = Some(id);
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Break(())
    }
}
