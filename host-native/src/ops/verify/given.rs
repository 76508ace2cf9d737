//! Verification of a log whose bytes, and those beside it, another host gives.
//!
//! Owns: the order of the checks, which is that of a log here without a sidecar.
//! Invariant: the findings are those of the same files here.

use super::{VerifyError, unjudged};
use crate::os::path_text::shown;
use crate::session::{Bytes, Given};
use crate::sidecar::rebuild::Tick;
use jcode_session_core::dialect::jcode::{ReplayError, V1Sources};
use jcode_session_core::dialect::{PresentError, detect, present};
use jcode_session_core::finding::Finding;
use jcode_session_core::log::{Dialect, OneThread};
use jcode_session_core::report::LogReport;
use jcode_session_core::source::ByteSource;
use jcode_session_core::store::ledger::Ledger;
use jcode_session_core::verify::{self, StoreFiles, verify_source, verify_store, verify_v1, verify_v1_beside};
use std::path::Path;
use std::sync::Arc;

/// What lies beside a log.
pub struct Beside<'b, F> {
    /// The ledger of its store.
    pub ledger: &'b Ledger,
    /// The files of its store.
    pub files: &'b F,
    /// jcode's v1 files.
    pub v1: Option<V1Sources<Bytes>>,
}

/// Verifies a log and what lies beside it; `path` names it in the report.
///
/// # Errors
/// Fails if the check cannot be carried out. Problems that it finds are in the report.
pub fn verify_given<F: StoreFiles>(
    path: &Path,
    given: Given,
    beside: Beside<'_, F>,
    tick: &mut Tick<'_>,
) -> Result<LogReport, VerifyError> {
    let failed = |source| VerifyError::Log { path: path.to_path_buf(), source };
    let failed_v1 = |source: ReplayError| VerifyError::V1 { path: path.to_path_buf(), source };
    let log = match given {
        Given::Log(log) => log,
        Given::V1(sources) => {
            let (entry_count, findings) = verify_v1(sources, &mut |bytes| tick(bytes)).map_err(failed_v1)?;
            return Ok(LogReport::new(shown(path), Dialect::JcodeV1, entry_count, "missing", findings));
        }
    };
    let detected = detect(&log).map_err(failed)?;
    let presented = match present(Arc::clone(&log), &detected, &mut |_| tick(0)) {
        Ok(presented) => presented,
        Err(PresentError::Source(error)) => return Err(failed(error)),
        Err(_) => return Ok(unjudged(path, &detected, 0)),
    };
    let built = verify::read(&OneThread, &presented, &mut |bytes| tick(bytes)).map_err(failed)?;
    if detected.finding().is_some() {
        return Ok(unjudged(path, &detected, built.counts.entries));
    }
    let mut findings = presented.at_origin(built.findings);
    let as_is = presented.as_is().map(|log| log as &dyn ByteSource);
    findings.extend(verify_store(beside.ledger, beside.files, as_is).map_err(failed)?);
    if let Some(as_is) = as_is {
        findings.extend(verify_source(as_is, beside.files).map_err(failed)?);
    }
    let log_is_sound = !findings.iter().any(Finding::is_error);
    if let Some(sources) = beside.v1 {
        let found = verify_v1_beside(&log, log_is_sound, sources, &mut |bytes| tick(bytes));
        findings.extend(found.map_err(failed_v1)?);
    }
    Ok(LogReport::new(shown(path), detected.dialect, built.counts.entries, "missing", findings))
}
