//! Verification of one log with what lies beside it.
//!
//! Owns: the order of the checks. Invariant: nothing is changed; the log and its sidecar are read to the last byte.
//! Does not: decide what a finding is; that is core's.

pub(crate) mod store;
mod v1_files;

use crate::fs::{LogFile, PathError};
use crate::rebuild::Tick;
use crate::segments;
use crate::sidecar::{self, Sidecar};
use crate::sql::{RowCursor, SidecarReader, SqlStore};
use crate::v1;
use jcode_session_core::index::store::IndexStore;
use jcode_session_core::index::{Built, IndexBuilder, TreeCheck};
use jcode_session_core::log::{Dialect, LogScan, scan_source};
use jcode_session_core::report::LogReport;
use jcode_session_core::segment::check::Depth;
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::upgrade::jcode::ReplayError;
use jcode_session_core::upgrade::{Presented, present};
use jcode_session_core::verify::{Code, Coherence, Comparison, Finding, compare_tables};
use std::path::Path;

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
        /// Why.
        source: ReplayError,
    },
    /// The log cannot be read.
    #[error("{}: {source}", path.display())]
    Log {
        /// The log.
        path: std::path::PathBuf,
        /// Why.
        source: SourceError,
    },
}

/// Verifies a log, its sidecar and its store.
///
/// # Errors
/// If the check could not be carried out; what it finds is in the report.
pub fn verify(path: &Path, tick: &mut Tick<'_>) -> Result<LogReport, VerifyError> {
    if v1::is_snapshot(path) {
        return v1_files::verify(path, tick);
    }
    let failed = |source| VerifyError::Log { path: path.to_path_buf(), source };
    let mut log = LogFile::open(path)?;
    log.map_if_guarded();
    let segments = segments::findings(&log, Depth::Full).map_err(failed)?;
    let sidecar = sidecar::open(&log).map_err(failed)?;
    let (sniffed, presented) = present(log, &mut |_| tick(0)).map_err(failed)?;
    let dialect = sniffed.dialect;
    let mut word = sidecar.word();
    let mut beside = Vec::new();
    let built = match (sidecar, &presented) {
        // Rows of a log of which bytes are lost tell nothing that the segments do not.
        (Sidecar::Fresh { reader, .. }, Presented::AsIs(log)) if segments.is_empty() => {
            let (built, coherence) = compare(log, &reader, tick).map_err(failed)?;
            match coherence.failed {
                Some(message) => {
                    word = "corrupt";
                    beside.push(corrupt(&message));
                }
                None => beside.extend(coherence.findings),
            }
            built
        }
        (sidecar, _) => {
            beside.extend(state_finding(&sidecar, dialect));
            build(&presented, tick).map_err(failed)?
        }
    };
    let entry_count = built.counts.entries;
    let mut findings = built.findings;
    for finding in &mut findings {
        // What is wrong stands in the file that the user has, not in what it would become.
        finding.byte_offset = finding.byte_offset.map(|offset| presented.origin(offset));
    }
    findings.extend(beside);
    let as_sealed = presented.as_is().filter(|_| segments.is_empty());
    findings.extend(segments);
    findings.extend(store::check(path, as_sealed)?);
    let log_is_sound = !findings.iter().any(Finding::is_error);
    findings.extend(v1_files::beside(path, log_is_sound, tick)?);
    Ok(LogReport {
        path: path.to_string_lossy().into_owned(),
        ok: !findings.iter().any(Finding::is_error),
        dialect: Some(dialect),
        entry_count,
        sidecar: word,
        findings,
    })
}

fn build(log: &dyn ByteSource, tick: &mut Tick<'_>) -> Result<Built<()>, SourceError> {
    let mut builder = IndexBuilder::with_findings(());
    let end = scan_source(log, 0..log.len(), LogScan::full(), &mut builder, &mut |bytes| tick(bytes))?;
    Ok(builder.finish_at(&end))
}

/// Scans the log and its sidecar side by side.
fn compare(log: &LogFile, sidecar: &SidecarReader, tick: &mut Tick<'_>) -> Result<(Built<()>, Coherence), SourceError> {
    let failed = |message: String| Coherence { findings: Vec::new(), failed: Some(message) };
    let mut statement = match RowCursor::prepare(sidecar.connection()) {
        Ok(statement) => statement,
        Err(error) => return Ok((build(log, tick)?, failed(error.to_string()))),
    };
    let cursor = match RowCursor::new(&mut statement) {
        Ok(cursor) => cursor,
        Err(message) => return Ok((build(log, tick)?, failed(message))),
    };
    let mut builder = IndexBuilder::with_findings(Comparison::new(cursor));
    let end = scan_source(log, 0..log.len(), LogScan::full(), &mut builder, &mut |bytes| tick(bytes))?;
    let (built, comparison) = builder.finish_at(&end).take_rows();
    let mut coherence = comparison.finish(&built.fixups);
    if coherence.failed.is_none() {
        match compare_rest(&built, sidecar) {
            Ok(findings) => coherence.findings.extend(findings),
            Err(error) => coherence.failed = Some(error.to_string()),
        }
    }
    Ok((built, coherence))
}

/// Branches, labels and metadata.
fn compare_rest(built: &Built<()>, sidecar: &SidecarReader) -> rusqlite::Result<Vec<Finding>> {
    let mut store = SqlStore::new(sidecar.connection());
    let mut findings = compare_tables((&built.branches, &store.branches()?), (&built.labels, &store.labels()?));
    let meta = sidecar.meta();
    let last = built.entry_count().checked_sub(1).map(|last| built.key(last));
    let tree = TreeCheck::of(&built.tree());
    if meta.counts != built.counts || meta.active_leaf != last || meta.check != tree {
        let finding = Finding::new(Code::RowDiffers);
        findings.push(finding.say("table `metadata` differs from the log; `migrate --force` rebuilds it"));
    }
    Ok(findings)
}

fn corrupt(message: &str) -> Finding {
    let words = format!("the sidecar cannot be read ({message}); reads go to the log, `migrate --force` rebuilds it");
    Finding::new(Code::SidecarCorrupt).say(words)
}

fn state_finding(sidecar: &Sidecar, dialect: Dialect) -> Option<Finding> {
    if dialect != Dialect::TreeV3 {
        // What a dialect does not have is no finding.
        return None;
    }
    let stale = |words: &str| Some(Finding::new(Code::SidecarStale).say(words));
    match sidecar {
        Sidecar::Missing => Some(
            Finding::new(Code::SidecarMissing).say("there is no sidecar; reads go to the log, `migrate` builds it"),
        ),
        Sidecar::Fresh { .. } => None,
        Sidecar::Grown(_) => stale("the log has grown since the sidecar was written; `migrate` brings it up to date"),
        Sidecar::Stale => {
            stale("the sidecar is of another state of the log; reads go to the log, `migrate` rebuilds it")
        }
        Sidecar::OtherSchema => {
            stale("the sidecar is of another schema version; reads go to the log, `migrate` rebuilds it")
        }
        Sidecar::Locked => stale("the sidecar is locked by another process; it was not compared, verify again later"),
        Sidecar::Corrupt(message) => Some(corrupt(message)),
    }
}
