//! Verification of a store: the ledger, the files that it names, and the log's bytes against its checkpoints.
//!
//! Owns: which named files must exist, and what they must hold.
//! Invariant: only files in the store are read, whatever the ledger names.

use crate::finding::{Code, Finding};
use crate::source::{ByteSource, Pieces, SourceError};
use crate::store::checkpoint::{digest, first_difference};
use crate::store::history::History;
use crate::store::import::kept_source;
use crate::store::ledger::{Ledger, digest_hex};
use crate::write::QuarantineName;
use alloc::format;
use alloc::vec::Vec;

/// The files of one store.
pub trait StoreFiles {
    /// An open file.
    type File: ByteSource;

    /// Opens a regular file (not a link) in `checkpoints` or `quarantine`; `None` if it is missing or unreadable.
    fn open(&self, folder: &str, name: &str) -> Option<Self::File>;
}

/// The findings of a log's store. `as_is`: the log, if it is in the current dialect.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn verify_store(
    ledger: &Ledger,
    files: &impl StoreFiles,
    as_is: Option<&dyn ByteSource>,
) -> Result<Vec<Finding>, SourceError> {
    let mut findings = ledger.findings.clone();
    findings.extend(checkpoints(ledger, files, true));
    findings.extend(set_aside(ledger, files));
    if let Some(log) = as_is
        && let Some(range) = first_difference(ledger, log)?
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

/// The findings of the ledger and of missing files, without reading kept checkpoints.
pub fn glance_at_store(ledger: &Ledger, files: &impl StoreFiles) -> Vec<Finding> {
    let mut findings = ledger.findings.clone();
    findings.extend(checkpoints(ledger, files, false));
    findings.extend(set_aside(ledger, files));
    findings
}

/// The finding for an imported log whose kept source is missing or wrong.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn verify_source(log: &dyn ByteSource, files: &impl StoreFiles) -> Result<Vec<Finding>, SourceError> {
    let mut hasher = blake3::Hasher::new();
    for kept in kept_source(&log)? {
        let file = files.open("checkpoints", kept.name.as_str()).filter(|file| file.len() == kept.len);
        let is_whole = file.is_some_and(|file| {
            let mut pieces = Pieces::new(&file, 0..file.len());
            while let Ok(Some((_, bytes))) = pieces.read() {
                hasher.update(bytes);
            }
            digest_hex(&hasher.finalize()) == kept.digest
        });
        if !is_whole {
            let words = format!(
                "what was kept of the session that this one was imported from is missing, or other bytes: \
                 checkpoints/{}; the messages are in the log",
                kept.name.as_str()
            );
            return Ok(alloc::vec![Finding::new(Code::CheckpointMissing).say(words)]);
        }
    }
    Ok(Vec::new())
}

/// Findings of checkpoints that are kept in files.
fn checkpoints(ledger: &Ledger, files: &impl StoreFiles, read: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for row in &ledger.rows {
        let Some(name) = row.checkpoint_name() else { continue };
        if row.checkpoint_path.as_ref().is_some_and(|path| ledger.pruned.contains(path)) {
            continue;
        }
        let wrong = match files.open("checkpoints", name.as_str()) {
            None => "is missing",
            Some(file) if read && !holds(&file, row.logical_len, &row.digest) => {
                "does not hold the bytes that were kept"
            }
            Some(_) => continue,
        };
        let words = format!("the checkpoint of {} {wrong}: checkpoints/{}", row.timestamp, name.as_str());
        findings.push(Finding::new(Code::CheckpointMissing).say(words));
    }
    findings
}

/// Findings of bytes set aside by rollbacks and repairs that can be undone.
fn set_aside(ledger: &Ledger, files: &impl StoreFiles) -> Vec<Finding> {
    let history = History::of(ledger);
    let mut findings = Vec::new();
    for row in history.undoable().into_iter().filter_map(|index| history.row(index)) {
        let Some(name) = row.set_aside_name() else { continue };
        // A whole log that was set aside may have grown, if another program had it open; only its first bytes count.
        let len = QuarantineName::parse(name.as_str()).map(|parsed| parsed.len);
        let wanted = row.set_aside_digest.as_deref();
        let wrong = match (files.open("quarantine", name.as_str()), len, wanted) {
            (Some(file), Some(len), Some(wanted)) if starts_with(&file, len, wanted) => continue,
            (None, ..) => "is missing",
            _ => "does not hold the bytes that were set aside",
        };
        let words = format!(
            "what the {} of {} took out of the log {wrong}, it cannot be taken back: quarantine/{}",
            row.event,
            row.timestamp,
            name.as_str()
        );
        findings.push(Finding::new(Code::CheckpointMissing).say(words));
    }
    findings
}

fn holds(file: &impl ByteSource, len: u64, wanted: &str) -> bool {
    file.len() == len && starts_with(file, len, wanted)
}

fn starts_with(file: &impl ByteSource, len: u64, wanted: &str) -> bool {
    len <= file.len() && digest(None, file, 0..len).is_ok_and(|found| digest_hex(&found) == wanted)
}
