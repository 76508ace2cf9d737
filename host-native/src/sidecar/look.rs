//! Checks whether a sidecar is right, that is, whether its rows equal those of a build from the bytes that it covers.
//!
//! Owns: the choice between believing and comparing. A sidecar that only this software has changed is believed; any
//! other sidecar is compared with the log, row by row.
//! Invariant: nothing is written here. [`super::rebuild`] brings sidecars up to date.

use crate::os::log_file::LogFile;
use crate::os::workers::Workers;
use crate::sidecar::outcome::Tick;
use crate::sidecar::sql::difference;
use crate::sidecar::{self, Sidecar, is_untouched};
use jcode_session_core::index::meta::IndexMeta;
use jcode_session_core::source::{ByteSource, SourceError};

/// The state of a sidecar relative to its log, rows included.
#[derive(Debug)]
pub(crate) enum Look {
    Right(Box<Right>),
    /// Another process has locked the sidecar.
    Locked,
    /// Rows differ from the log.
    Differs,
    /// No sidecar can be brought up to date, or bytes of the log are lost, so that a comparison tells nothing.
    Unusable,
}

/// A sidecar whose rows are right, as far as it goes.
#[derive(Debug)]
pub(crate) struct Right {
    pub(crate) meta: IndexMeta,
    /// The sidecar covers the whole log.
    pub(crate) is_current: bool,
    /// Neither the log's stamp nor the sidecar's mtime needs to be recorded anew.
    pub(super) is_settled: bool,
}

impl Look {
    pub(crate) fn right(self) -> Option<Right> {
        if let Self::Right(right) = self { Some(*right) } else { None }
    }
}

/// Checks the sidecar of a log.
///
/// # Errors
/// Fails if the log cannot be read or `tick` interrupts.
pub(crate) fn look(log: &LogFile, tick: &mut Tick<'_>) -> Result<Look, SourceError> {
    let (reader, is_current, restamp) = match sidecar::open(log)? {
        Sidecar::Fresh { reader, restamp } => (reader, true, restamp),
        Sidecar::Grown(reader) => (reader, false, true),
        Sidecar::Locked => return Ok(Look::Locked),
        _ => return Ok(Look::Unusable),
    };
    let untouched = is_untouched(log.path(), reader.meta());
    if !untouched && difference(&Workers::for_log(log.len()), log, &reader, &mut |bytes| tick(bytes))?.is_some() {
        return Ok(if log.met_lost() { Look::Unusable } else { Look::Differs });
    }
    let right = Right { meta: reader.meta().clone(), is_current, is_settled: untouched && !restamp };
    Ok(Look::Right(Box::new(right)))
}
