//! Lookup of older ids, in the sidecar if it can be believed, else in the log.
//!
//! Owns: the choice between sidecar and log, and the filter that spares both where an id is new.
//! Invariant: only a sidecar answers that was fresh when the log was opened and that no other program has changed,
//! because an id that it lacks counts as new. After any error of the sidecar the log is read. No file stays open between
//! two look-ups.

use crate::os::log_file::LogFile;
use crate::os::segments::SessionFile;
use crate::sidecar::connect::{Purpose, connect};
use crate::sidecar::sql::{ReadError, SidecarReader};
use crate::sidecar::{self, Sidecar, is_untouched};
use jcode_session_core::index::key::may_be_made;
use jcode_session_core::source::SourceError;
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::write::{IdFilter, OlderIds, ScannedIds};
use std::path::PathBuf;

/// The ids of the log at opening.
pub(super) struct Ids {
    /// The log, and the stamp by which its sidecar names it, while that can be believed.
    sidecar: Option<(PathBuf, FileStamp)>,
    /// Made at the first look-up.
    filter: Option<IdFilter>,
    log: ScannedIds<SessionFile>,
}

impl Ids {
    pub(super) fn new(log: &LogFile, scanned: ScannedIds<SessionFile>) -> Self {
        let sidecar = match sidecar::open(log) {
            Ok(Sidecar::Fresh { reader, .. }) if is_untouched(log.path(), reader.meta()) => {
                Some((log.path().to_path_buf(), log.stamp()))
            }
            _ => None,
        };
        Self { sidecar, filter: None, log: scanned }
    }

    /// Whether the sidecar has an id; `None` if it cannot be believed.
    fn in_sidecar(&mut self, id: &str) -> Option<bool> {
        if let Some(filter) = &self.filter
            && !filter.may_have(id)
        {
            return Some(false);
        }
        let reader = self.reader()?;
        if self.filter.is_none() {
            self.filter = Some(filter_of(&reader).ok()?);
        }
        Some(reader.find(id).ok()?.is_some())
    }

    /// The sidecar, if nobody but its writers has changed it since the log was opened.
    fn reader(&self) -> Option<SidecarReader> {
        let (path, stamp) = self.sidecar.as_ref()?;
        let reader = SidecarReader::new(connect(path, Purpose::Read).ok()?).ok()?;
        let meta = reader.meta();
        let holds = meta.stamp.is_same_file(stamp) && meta.stamp.len >= stamp.len && is_untouched(path, meta);
        holds.then_some(reader)
    }
}

/// A filter of all keys.
fn filter_of(reader: &SidecarReader) -> Result<IdFilter, ReadError> {
    let mut filter = IdFilter::for_ids(reader.meta().counts.entries);
    reader.each_key(&mut |key| filter.add(key))?;
    Ok(filter)
}

impl OlderIds for Ids {
    fn has(&mut self, id: &str) -> Result<bool, SourceError> {
        // An id of this form may also be a key made from an offset; only the log tells which it is.
        if self.sidecar.is_some() && !may_be_made(id) {
            if let Some(found) = self.in_sidecar(id) {
                return Ok(found);
            }
            self.sidecar = None;
        }
        self.log.has(id)
    }

    fn is_number(&mut self, id: &str) -> Result<bool, SourceError> {
        self.log.is_number(id)
    }
}
