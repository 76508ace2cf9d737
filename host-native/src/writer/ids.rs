//! Lookup of older ids, in the sidecar if it can be believed, else in the log.
//!
//! Owns: the choice between sidecar and log.
//! Invariant: only a sidecar answers that was fresh when the log was opened and that no other program has changed,
//! because an id that it lacks counts as new. After any error of the sidecar the log is read.

use crate::os::log_file::LogFile;
use crate::os::segments::SessionFile;
use crate::sidecar::sql::SidecarReader;
use crate::sidecar::{self, Sidecar, is_untouched};
use jcode_session_core::index::key::may_be_made;
use jcode_session_core::source::SourceError;
use jcode_session_core::write::{OlderIds, ScannedIds};

/// The ids of the log at opening.
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
        // An id of this form may also be a key made from an offset; only the log tells which it is.
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
