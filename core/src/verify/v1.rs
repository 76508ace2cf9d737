//! Verification of jcode's v1 files, alone or beside the log migrated from them.
//!
//! Owns: the severity of damage in v1 files.
//! Invariant: beside a sound migrated log every v1 finding is a warning, because the log has all that jcode could load.
//! The v1 files are read exactly as a migration reads them.

use super::read;
use crate::dialect::jcode::replay;
use crate::dialect::jcode::{Growth, GrowthError, ReplayError, V1Sources, plan_growth, present};
use crate::finding::{Code, Finding};
use crate::log::OneThread;
use crate::source::ByteSource;
use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Verifies a v1 session that was not migrated; returns the number of its entries, and its findings.
///
/// # Errors
/// Fails if a file cannot be read or `tick` interrupts. A file that is not a session is a finding.
pub fn verify_v1<S: ByteSource>(
    sources: V1Sources<S>,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<(u64, Vec<Finding>), ReplayError> {
    let replayed = match replay(sources, tick) {
        Ok(replayed) => replayed,
        Err(ReplayError::Unreadable { offset }) => {
            let broken = ReplayError::Unreadable { offset };
            return Ok((0, alloc::vec![Finding::at(Code::InvalidJson, offset, 1).say(broken.to_string())]));
        }
        Err(error) => return Err(error),
    };
    let findings = replayed.findings().iter().map(as_bad_as_its_code).collect();
    let built = read(&OneThread, &present(replayed)?, tick)?;
    Ok((built.counts.entries, findings))
}

/// The findings of the v1 files beside a log.
///
/// # Errors
/// Fails if a file cannot be read or `tick` interrupts.
pub fn verify_v1_beside<L: ByteSource, S: ByteSource>(
    log: &L,
    log_is_sound: bool,
    sources: V1Sources<S>,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Vec<Finding>, ReplayError> {
    let softened = |finding: Finding| if log_is_sound { finding.harmless() } else { finding };
    let replayed = match replay(sources, tick) {
        Ok(replayed) => replayed,
        Err(source @ ReplayError::Unreadable { .. }) => {
            let finding = Finding::new(Code::InvalidJson).say(format!("the v1 files: {source}"));
            return Ok(alloc::vec![softened(finding)]);
        }
        Err(error) => return Err(error),
    };
    let mut findings: Vec<Finding> =
        replayed.findings().iter().map(|finding| softened(as_bad_as_its_code(finding))).collect();
    match plan_growth(log, replayed, tick) {
        Ok(Growth::Diverged) => findings.push(Finding::new(Code::Diverged).say(
            "entries were appended to this log, and jcode went on writing its v1 files as well; neither was changed, \
             export one of them under another id to keep both",
        )),
        // A log from elsewhere with the name of a v1 session is no finding; growth is left to `migrate`.
        Ok(_) | Err(GrowthError::NotFromJcode) => {}
        Err(GrowthError::Read(source)) => return Err(source),
    }
    Ok(findings)
}

fn as_bad_as_its_code(finding: &Finding) -> Finding {
    Finding { severity: Finding::new(finding.code).severity, ..finding.clone() }
}
