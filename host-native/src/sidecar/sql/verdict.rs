//! The verdict on a sidecar: can it be read, and does it describe this state of the log?
//!
//! Owns: the states of a sidecar that all callers act on, and the findings about them.
//! Invariant: any fault of a sidecar is a verdict, never an error, because the log can answer instead.

use crate::sidecar::sql::read::is_locked;
use crate::sidecar::sql::{Beside, ReadError, SidecarReader};
use jcode_session_core::finding::{Code, Finding};
use jcode_session_core::log::Dialect;
use jcode_session_core::source::identity::{FileStamp, Freshness, judge};
use jcode_session_core::source::{ByteSource, SourceError};
use rusqlite::Connection;

/// The state of a sidecar relative to its log.
#[derive(Debug)]
pub enum Sidecar {
    /// There is no sidecar.
    Missing,
    /// The sidecar describes this state of the log.
    Fresh {
        /// The open sidecar.
        reader: SidecarReader,
        /// The log's file was touched or copied, so its new stamp should be recorded.
        restamp: bool,
    },
    /// The log has grown since.
    Grown(SidecarReader),
    /// The sidecar describes another state or another log, or a commit to it was interrupted.
    Stale,
    /// Another version of this software made the sidecar.
    OtherSchema,
    /// Another process has locked the sidecar.
    Locked,
    /// The sidecar cannot be read, or was not fully written before the system went down.
    Corrupt(String),
    /// A folder stands in its place. The text names it.
    InTheWay(String),
}

impl Sidecar {
    /// The word for this state in reports.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Fresh { .. } => "fresh",
            Self::Grown(_) => "grown",
            Self::Stale | Self::OtherSchema | Self::Locked => "stale",
            Self::Corrupt(_) | Self::InTheWay(_) => "corrupt",
        }
    }

    /// Judges the result of opening a sidecar. `running` returns true for the id of the current boot: what that boot
    /// left unsynced cannot have been lost. `now` is the stamp of the log.
    ///
    /// # Errors
    /// Fails only if the log cannot be read.
    pub fn judge(
        opened: rusqlite::Result<Connection>,
        running: &dyn Fn(&str) -> bool,
        now: &FileStamp,
        log: &dyn ByteSource,
    ) -> Result<Self, SourceError> {
        let reader = match opened.map_err(ReadError::from).and_then(SidecarReader::new) {
            Ok(reader) => reader,
            Err(error) => return Ok(Self::unreadable(error)),
        };
        let meta = reader.meta();
        if meta.unsynced_boot.as_deref().is_some_and(|boot| !running(boot)) {
            return Ok(Self::Corrupt("the system went down before it was fully written".into()));
        }
        Ok(match judge(&meta.stamp, &meta.fingerprint, now, log)? {
            Freshness::Fresh => Self::Fresh { reader, restamp: false },
            Freshness::Restamp => Self::Fresh { reader, restamp: true },
            Freshness::Grown => Self::Grown(reader),
            Freshness::Stale => Self::Stale,
        })
    }

    fn unreadable(error: ReadError) -> Self {
        match error {
            ReadError::Schema => Self::OtherSchema,
            ReadError::Sqlite(error) if is_locked(&error) => Self::Locked,
            ReadError::Sqlite(error) => match error.sqlite_error() {
                Some(e) if e.extended_code == rusqlite::ffi::SQLITE_READONLY_ROLLBACK => Self::Stale,
                _ => Self::Corrupt(error.to_string()),
            },
            damaged => Self::Corrupt(damaged.to_string()),
        }
    }

    /// What verification of a log of this dialect needs from this verdict.
    #[must_use]
    pub fn beside(&self, dialect: Dialect) -> Beside<'_> {
        let fresh = if let Self::Fresh { reader, .. } = self { Some(reader) } else { None };
        Beside { word: self.word(), finding: self.finding(dialect), fresh }
    }

    /// The finding about this state, for a log of this dialect.
    #[must_use]
    pub fn finding(&self, dialect: Dialect) -> Option<Finding> {
        if !dialect.has_sidecar() {
            // Dialects without sidecars never lack one.
            return None;
        }
        let stale = |words: &str| Some(Finding::new(Code::SidecarStale).say(words));
        match self {
            Self::Missing => Finding::sidecar_missing(dialect),
            Self::Fresh { .. } => None,
            Self::Grown(_) => stale("the log has grown since the sidecar was written; `migrate` brings it up to date"),
            Self::Stale => {
                stale("the sidecar is of another state of the log; reads go to the log, `migrate` rebuilds it")
            }
            Self::OtherSchema => {
                stale("the sidecar is of another schema version; reads go to the log, `migrate` rebuilds it")
            }
            Self::Locked => stale("the sidecar is locked by another process; it was not compared, verify again later"),
            Self::Corrupt(message) => Some(corrupt(message)),
            Self::InTheWay(found) => {
                Some(Finding::new(Code::SidecarCorrupt).say(format!("{found}; until then reads go to the log")))
            }
        }
    }
}

/// The finding about a sidecar that cannot be read.
pub(super) fn corrupt(message: &str) -> Finding {
    let words = format!("the sidecar cannot be read ({message}); reads go to the log, `migrate --force` rebuilds it");
    Finding::new(Code::SidecarCorrupt).say(words)
}
