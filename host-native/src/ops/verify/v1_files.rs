//! Verification of v1 files. Core judges.
//!
//! Owns: which files belong to a v1 session.
//! Invariant: without a snapshot beside it, a log has no v1 files.

use crate::ops::verify::VerifyError;
use crate::os::log_file::LogFile;
use crate::os::path_text::shown;
use crate::session::v1::V1Files;
use crate::sidecar::rebuild::Tick;
use jcode_session_core::dialect::jcode::ReplayError;
use jcode_session_core::finding::Finding;
use jcode_session_core::log::Dialect;
use jcode_session_core::report::LogReport;
use jcode_session_core::verify::{verify_v1, verify_v1_beside};
use std::path::Path;

/// Verifies a v1 session that has not been migrated.
pub(super) fn verify(path: &Path, tick: &mut Tick<'_>) -> Result<LogReport, VerifyError> {
    let sources = V1Files::beside(path).open()?;
    let (entry_count, findings) = verify_v1(sources, &mut |bytes| tick(bytes)).map_err(failed(path))?;
    let name = shown(path);
    Ok(LogReport::new(name, Dialect::JcodeV1, entry_count, "missing", findings))
}

/// The findings about the v1 files beside a log.
pub(super) fn beside(log: &Path, log_is_sound: bool, tick: &mut Tick<'_>) -> Result<Vec<Finding>, VerifyError> {
    let files = V1Files::beside(log);
    if !files.exist() {
        return Ok(Vec::new());
    }
    let file = LogFile::open(log)?;
    verify_v1_beside(&file, log_is_sound, files.open()?, &mut |bytes| tick(bytes)).map_err(failed(log))
}

fn failed(path: &Path) -> impl Fn(ReplayError) -> VerifyError {
    let path = path.to_path_buf();
    move |source| VerifyError::V1 { path: path.clone(), source }
}
