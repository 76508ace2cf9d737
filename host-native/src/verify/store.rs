//! Verification of the store: the ledger, the files that it names, and the log's bytes against its checkpoints.
//!
//! Owns: which file a finding is about. Invariant: only files of the store are looked at, whatever the ledger says.
//! Does not: judge what the rows mean together; core does.

use super::VerifyError;
use crate::fs::LogFile;
use crate::{ledger, paths};
use jcode_session_core::source::ByteSource;
use jcode_session_core::store::checkpoint::{digest, first_difference};
use jcode_session_core::store::history::History;
use jcode_session_core::store::ledger::{Ledger, digest_hex};
use jcode_session_core::verify::{Code, Finding};
use jcode_session_core::write::QuarantineName;
use std::path::Path;

/// What is wrong with the store of a log. `as_is`: the log, if it is of the current dialect
/// and all of its segments are sound.
pub(super) fn check(log: &Path, as_is: Option<&LogFile>) -> Result<Vec<Finding>, VerifyError> {
    let ledger = ledger::read(log)?;
    let mut findings = ledger.findings.clone();
    findings.extend(checkpoints(&ledger, &paths::store(log), &holds));
    findings.extend(set_aside(&ledger, &paths::store(log)));
    if let Some(file) = as_is
        && let Some(range) =
            first_difference(&ledger, file).map_err(|source| VerifyError::Log { path: log.to_path_buf(), source })?
    {
        let mut finding = Finding::new(Code::LedgerBroken);
        finding.byte_offset = Some(range.start);
        findings.push(finding.say(format!(
            "bytes {}..{} of the log are not those of its checkpoint; they were changed since, and neither that \
             checkpoint nor a later one can be relied on",
            range.start, range.end
        )));
    }
    Ok(findings)
}

/// What a look at the ledger and at the names in the store shows, without reading what was kept.
pub(crate) fn glance(log: &Path, ledger: &Ledger) -> Vec<Finding> {
    let mut findings = ledger.findings.clone();
    findings.extend(checkpoints(ledger, &paths::store(log), &|_, _, _| true));
    findings.extend(set_aside(ledger, &paths::store(log)));
    findings
}

/// Checkpoints with files of their own; `holds` says whether a file is what its row says.
fn checkpoints(ledger: &Ledger, store: &Path, holds: &dyn Fn(&LogFile, u64, &str) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for row in &ledger.rows {
        let Some(name) = row.checkpoint_name() else { continue };
        if row.checkpoint_path.as_ref().is_some_and(|path| ledger.pruned.contains(path)) {
            continue;
        }
        let path = store.join("checkpoints").join(name.as_str());
        let wrong = match plain(&path) {
            None => "is missing",
            Some(file) if !holds(&file, row.logical_len, &row.digest) => "does not hold the bytes that were kept",
            Some(_) => continue,
        };
        let words = format!("the checkpoint of {} {wrong}: checkpoints/{}", row.timestamp, name.as_str());
        findings.push(Finding::new(Code::CheckpointMissing).say(words));
    }
    findings
}

/// What rollbacks that can be taken back set aside.
fn set_aside(ledger: &Ledger, store: &Path) -> Vec<Finding> {
    let history = History::of(ledger);
    let mut findings = Vec::new();
    for row in history.undoable().into_iter().filter_map(|index| history.row(index)) {
        let Some(name) = row.set_aside_name() else { continue };
        // A log that was set aside whole may have grown by a program that had it open: its first bytes count.
        let len = QuarantineName::parse(name.as_str()).map(|parsed| parsed.len);
        let wanted = row.set_aside_digest.as_deref();
        let wrong = match (plain(&store.join("quarantine").join(name.as_str())), len, wanted) {
            (Some(file), Some(len), Some(wanted)) if starts_with(&file, len, wanted) => continue,
            (None, ..) => "is missing",
            _ => "does not hold the bytes that were set aside",
        };
        let words = format!(
            "what the rollback of {} took out of the log {wrong}, it cannot be taken back: quarantine/{}",
            row.timestamp,
            name.as_str()
        );
        findings.push(Finding::new(Code::CheckpointMissing).say(words));
    }
    findings
}

fn holds(file: &LogFile, len: u64, wanted: &str) -> bool {
    file.len() == len && starts_with(file, len, wanted)
}

fn starts_with(file: &LogFile, len: u64, wanted: &str) -> bool {
    len <= file.len() && digest(None, file, 0..len).is_ok_and(|found| digest_hex(&found) == wanted)
}

/// A file of the store, no link.
fn plain(path: &Path) -> Option<LogFile> {
    std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    LogFile::open(path).ok()
}
