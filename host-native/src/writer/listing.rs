//! The row of an open session in the session index.
//!
//! Owns: how often it is written. Invariant: no append waits for it; a row that is behind costs a list the reading of one
//! session. Does not: make the row; the catalog does.

use crate::catalog;
use crate::os::host;
use crate::os::threads::Arc;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The log, and the home whose session index lists it, once that is known.
pub(super) type Listed = Arc<OnceLock<(PathBuf, PathBuf)>>;

/// Time between two rows at least.
const PAUSE: Duration = Duration::from_millis(500);

/// Writes the row behind the log.
pub(super) struct Listing {
    listed: Listed,
    /// Length of the log that the row is of, if one was written.
    len: Option<u64>,
    /// When that was, or the writer began.
    at: Instant,
}

impl Listing {
    pub(super) fn new(listed: Listed) -> Self {
        Self { listed, len: None, at: host::instant() }
    }

    /// The log is on the disk as far as this; how long the row may wait still, if it has to.
    pub(super) fn reached(&mut self, len: u64) -> Option<Duration> {
        let (log, home) = self.listed.get()?;
        let waited = self.at.elapsed();
        if self.len == Some(len) {
            return None;
        }
        if waited < PAUSE {
            return Some(PAUSE - waited);
        }
        catalog::update_own_row(home, log);
        (self.len, self.at) = (Some(len), host::instant());
        None
    }
}
