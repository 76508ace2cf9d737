//! Whether a sidecar is right: its rows are what a build of the bytes that it covers gives.
//!
//! Owns: the choice between believing and comparing. One that only this software has changed is believed, any other one
//! is compared with the log, row by row. Invariant: nothing is written here.
//! Does not: bring up to date; see [`super::rebuild`].

use crate::os::log_file::LogFile;
use crate::sidecar::outcome::Tick;
use crate::sidecar::sql::difference;
use crate::sidecar::{self, Sidecar, is_untouched};
use jcode_session_core::index::meta::IndexMeta;
use jcode_session_core::source::{ByteSource, SourceError};

/// How a sidecar stands to its log, rows included.
#[derive(Debug)]
pub(crate) enum Look {
    Right(Box<Right>),
    /// Another process holds it locked.
    Locked,
    /// Rows differ from the log.
    Differs,
    /// There is none that could be brought up to date, or the log lacks bytes, so that nothing can be said.
    Unusable,
}

/// A sidecar whose rows are right, as far as it goes.
#[derive(Debug)]
pub(crate) struct Right {
    pub(crate) meta: IndexMeta,
    /// It covers all of the log.
    pub(crate) is_current: bool,
    /// Neither the log's stamp nor the sidecar's own need be recorded anew.
    pub(super) is_settled: bool,
}

impl Look {
    pub(crate) fn right(self) -> Option<Right> {
        if let Self::Right(right) = self { Some(*right) } else { None }
    }
}

/// Looks at the sidecar of a log.
///
/// # Errors
/// If the log cannot be read, or `tick` interrupts.
pub(crate) fn look(log: &LogFile, tick: &mut Tick<'_>) -> Result<Look, SourceError> {
    let (reader, is_current, restamp) = match sidecar::open(log)? {
        Sidecar::Fresh { reader, restamp } => (reader, true, restamp),
        Sidecar::Grown(reader) => (reader, false, true),
        Sidecar::Locked => return Ok(Look::Locked),
        _ => return Ok(Look::Unusable),
    };
    let untouched = is_untouched(log.path(), reader.meta());
    if !untouched && difference(log, &reader, &mut |bytes| tick(bytes))?.is_some() {
        return Ok(if log.met_lost() { Look::Unusable } else { Look::Differs });
    }
    let right = Right { meta: reader.meta().clone(), is_current, is_settled: untouched && !restamp };
    Ok(Look::Right(Box::new(right)))
}
