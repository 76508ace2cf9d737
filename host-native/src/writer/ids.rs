//! Old ids, looked up in the sidecar where that is of this log.
//!
//! Owns: the choice between sidecar and log. Invariant: only a sidecar that was fresh when the log was opened, and
//! that nobody else has changed, answers: what it lacks would be taken for new. Anything odd about it, and the log is
//! read. Does not: change either.

use crate::os::log_file::LogFile;
use crate::os::segments::SessionFile;
use crate::sidecar::sql::SidecarReader;
use crate::sidecar::{self, Sidecar, is_untouched};
use jcode_session_core::index::key::may_be_made;
use jcode_session_core::source::SourceError;
use jcode_session_core::write::{OlderIds, ScannedIds};

/// The ids of the log as it was opened.
pub(super) struct Ids {
    sidecar: Option<SidecarReader>,
    log: ScannedIds<SessionFile>,
}

impl Ids {
    pub(super) fn new(log: &LogFile, scanned: ScannedIds<SessionFile>) -> Self {
        let sidecar = match sidecar::open(log) {
            Ok(Sidecar::Fresh { reader, .. }) if is_untouched(log.path(), reader.meta()) => Some(reader),
            _ => None,
        };
        Self { sidecar, log: scanned }
    }
}

impl OlderIds for Ids {
    fn has(&mut self, id: &str) -> Result<bool, SourceError> {
        // Keys that are made from an offset hold these; the log knows which of them are ids.
        if let Some(reader) = self.sidecar.as_ref().filter(|_| !may_be_made(id)) {
            match reader.find(id) {
                Ok(found) => return Ok(found.is_some()),
                Err(_) => self.sidecar = None,
            }
        }
        self.log.has(id)
    }

    fn is_number(&mut self, id: &str) -> Result<bool, SourceError> {
        self.log.is_number(id)
    }
}
