//! Verification of jcode's v1 files: alone, or beside the log that was migrated from them.
//!
//! Owns: how bad damage in v1 files is. Invariant: where the migrated log is sound, nothing of it is worse than a
//! warning: all that jcode could load is in the log.
//! Does not: read a v1 session in another way than migration does.

use super::{VerifyError, build};
use crate::fs::LogFile;
use crate::rebuild::Tick;
use crate::v1::V1Files;
use jcode_session_core::log::Dialect;
use jcode_session_core::report::LogReport;
use jcode_session_core::source::SourceError;
use jcode_session_core::upgrade::jcode::{Growth, GrowthError, Replay, ReplayError, plan_growth, present, replay};
use jcode_session_core::verify::{Code, Finding};
use std::path::Path;

/// Verifies a v1 session that has not been migrated.
pub(super) fn verify(path: &Path, tick: &mut Tick<'_>) -> Result<LogReport, VerifyError> {
    let unreadable = |source| VerifyError::V1 { path: path.to_path_buf(), source };
    let report = |entry_count, findings: Vec<Finding>| LogReport {
        path: path.to_string_lossy().into_owned(),
        ok: !findings.iter().any(Finding::is_error),
        dialect: Some(Dialect::JcodeV1),
        entry_count,
        sidecar: "missing",
        findings,
    };
    let replayed = match open(path, tick) {
        Ok(replayed) => replayed,
        Err(VerifyError::V1 { source: ReplayError::Unreadable { offset }, .. }) => {
            let broken = ReplayError::Unreadable { offset };
            return Ok(report(0, vec![Finding::at(Code::InvalidJson, offset, 1).say(broken.to_string())]));
        }
        Err(error) => return Err(error),
    };
    let findings: Vec<Finding> = replayed.findings().iter().map(as_bad_as_its_code).collect();
    let log = present(replayed).map_err(unreadable)?;
    let failed = |source: SourceError| VerifyError::Log { path: path.to_path_buf(), source };
    let built = build(&log, tick).map_err(failed)?;
    Ok(report(built.counts.entries, findings))
}

/// What is to be said about the v1 files beside a log.
pub(super) fn beside(log: &Path, log_is_sound: bool, tick: &mut Tick<'_>) -> Result<Vec<Finding>, VerifyError> {
    if !V1Files::beside(log).exist() {
        return Ok(Vec::new());
    }
    let replayed = match open(log, tick) {
        Ok(replayed) => replayed,
        Err(VerifyError::V1 { source: source @ ReplayError::Unreadable { .. }, .. }) => {
            let finding = Finding::new(Code::InvalidJson).say(format!("the v1 files: {source}"));
            return Ok(vec![if log_is_sound { finding.harmless() } else { finding }]);
        }
        Err(error) => return Err(error),
    };
    let severity = |finding: &Finding| {
        let finding = as_bad_as_its_code(finding);
        if log_is_sound { finding.harmless() } else { finding }
    };
    let mut findings: Vec<Finding> = replayed.findings().iter().map(severity).collect();
    let file = LogFile::open(log)?;
    match plan_growth(&file, replayed, &mut |bytes| tick(bytes)) {
        Ok(Growth::Diverged) => findings.push(Finding::new(Code::Diverged).say(
            "entries were appended to this log, and jcode went on writing its v1 files as well; neither was changed, \
             export one of them under another id to keep both",
        )),
        // A log from elsewhere that has the name of a v1 session is no finding; growth is migrate's business.
        Ok(_) | Err(GrowthError::NotFromJcode) => {}
        Err(GrowthError::Read(source)) => return Err(VerifyError::V1 { path: log.to_path_buf(), source }),
        Err(_) => {}
    }
    Ok(findings)
}

fn open(path: &Path, tick: &mut Tick<'_>) -> Result<Replay<LogFile>, VerifyError> {
    let sources = V1Files::beside(path).open()?;
    replay(sources, &mut |bytes| tick(bytes)).map_err(|source| VerifyError::V1 { path: path.to_path_buf(), source })
}

fn as_bad_as_its_code(finding: &Finding) -> Finding {
    Finding { severity: Finding::new(finding.code).severity, ..finding.clone() }
}
