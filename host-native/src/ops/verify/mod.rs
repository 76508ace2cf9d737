//! Verification of one log with its sidecar, its store and its v1 files.
//!
//! Owns: the order of the checks. Core decides what a finding is.
//! Invariant: nothing is changed; the log and its sidecar are read to the last byte.

mod given;
pub(crate) mod names;
pub(crate) mod store_files;
mod v1_files;

use crate::ops::ledger;
use crate::os::files::PathError;
use crate::os::log_file::LogFile;
use crate::os::path_text::shown;
use crate::os::workers::Workers;
use crate::session::{kind, v1};
use crate::sidecar::rebuild::Tick;
use crate::sidecar::sql::{self, Compared};
use crate::sidecar::{self, Sidecar};
use jcode_session_core::dialect::jcode::ReplayError;
use jcode_session_core::dialect::{Detected, FileKind, PresentError, detect, present};
use jcode_session_core::finding::Finding;
use jcode_session_core::report::LogReport;
use jcode_session_core::segment::Depth;
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::verify;
use std::path::Path;

pub use given::{Beside, verify_given};

/// Why a log could not be verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The log cannot be opened.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The v1 files cannot be read as a session.
    #[error("{}: {source}", path.display())]
    V1 {
        /// The snapshot.
        path: std::path::PathBuf,
        /// The reason.
        source: ReplayError,
    },
    /// The log cannot be read.
    #[error("{}: {source}", path.display())]
    Log {
        /// The log.
        path: std::path::PathBuf,
        /// The reason.
        source: SourceError,
    },
}

/// Verifies a log, its sidecar and its store.
///
/// # Errors
/// Fails if the check cannot be carried out. Problems that it finds are in the report.
pub fn verify(path: &Path, tick: &mut Tick<'_>) -> Result<LogReport, VerifyError> {
    if v1::is_snapshot(path) {
        return v1_files::verify(path, tick);
    }
    if let Some(detected) = kind::no_file(path) {
        return Ok(unjudged(path, &detected, 0));
    }
    let mut tries = TRIES;
    loop {
        tries = tries.saturating_sub(1);
        if let Some(report) = verify_log(path, tries > 0, tick)? {
            return Ok(report);
        }
    }
}

/// How often the files beside a log are opened while a writer keeps changing them.
const TRIES: u32 = 4;

/// Verifies the log as it is now, and the files beside it. Returns `None` if a writer changes them meanwhile and
/// `again` allows another try. Without `again` the sidecar counts as locked.
fn verify_log(path: &Path, again: bool, tick: &mut Tick<'_>) -> Result<Option<LogReport>, VerifyError> {
    let failed = |source| VerifyError::Log { path: path.to_path_buf(), source };
    // The log is opened after the ledger, so it holds everything that the ledger describes, unless it was cut, which
    // has a row.
    let ledger = ledger::read(path)?;
    let mut log = LogFile::open(path)?;
    if again && ledger::read(path)?.link != ledger.link {
        return Ok(None);
    }
    let detected = detect(&log).map_err(failed)?;
    log.map_if_guarded();
    let segments = log.findings(Depth::Full).map_err(failed)?;
    let sidecar = if again { sidecar::open(&log).map_err(failed)? } else { Sidecar::Locked };
    let presented = match present(log, &detected, &mut |_| tick(0)) {
        Ok(presented) => presented,
        Err(PresentError::Source(error)) => return Err(failed(error)),
        Err(_) => return Ok(Some(unjudged(path, &detected, 0))),
    };
    let dialect = detected.dialect;
    let threads = Workers::for_log(presented.len());
    if detected.finding().is_some() {
        let built = verify::read(&threads, &presented, &mut |bytes| tick(bytes)).map_err(failed)?;
        return Ok(Some(unjudged(path, &detected, built.counts.entries)));
    }
    let mut beside = sidecar.beside(dialect);
    if !segments.is_empty() {
        // When bytes of the log are lost, differing rows tell nothing that the segments' findings do not.
        beside.fresh = None;
    }
    let compared = sql::verify(&threads, &presented, beside, &mut |bytes| tick(bytes)).map_err(failed)?;
    let Some(Compared { entry_count, sidecar, mut findings }) = compared else { return Ok(None) };
    if detected.kind == FileKind::Foreign {
        // What lies beside it is its own program's.
        findings.extend(segments);
        return Ok(Some(LogReport::new(shown(path), dialect, entry_count, sidecar, findings)));
    }
    let as_sealed = presented.as_is().filter(|_| segments.is_empty());
    findings.extend(segments);
    findings.extend(names::findings(path));
    findings.extend(store_files::check(path, &ledger, as_sealed)?);
    let log_is_sound = !findings.iter().any(Finding::is_error);
    findings.extend(v1_files::beside(path, log_is_sound, tick)?);
    Ok(Some(LogReport::new(shown(path), dialect, entry_count, sidecar, findings)))
}

/// The report on a file of an unknown format, whose lines are not judged.
fn unjudged(path: &Path, detected: &Detected, entry_count: u64) -> LogReport {
    let findings = detected.finding().into_iter().collect();
    LogReport::new(shown(path), detected.dialect, entry_count, "missing", findings)
}
