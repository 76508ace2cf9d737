//! Verification of a log together with its sidecar.
//!
//! Owns: which rows and tables are compared. Core names the differences.
//! Invariant: both files are read to the last byte, the log once.

use crate::sidecar::sql::indexes::fault;
use crate::sidecar::sql::verdict::corrupt;
use crate::sidecar::sql::{RowCursor, SidecarReader, SqlStore};
use jcode_session_core::dialect::CurrentLog;
use jcode_session_core::finding::{Code, Finding};
use jcode_session_core::index::store::IndexStore;
use jcode_session_core::index::{Built, IndexBuilder};
use jcode_session_core::log::{LogScan, Threads, scan_on};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::verify::{Coherence, Comparison, compare_tables, read};
use std::cell::Cell;
use std::ops::ControlFlow;

/// The result of verification.
#[derive(Debug)]
pub struct Compared {
    /// Number of entries in the log.
    pub entry_count: u64,
    /// The word for the state of the sidecar.
    pub sidecar: &'static str,
    /// Findings about the log, then findings about the sidecar.
    pub findings: Vec<Finding>,
}

/// What verification takes from the verdict on a sidecar.
#[derive(Debug)]
pub struct Beside<'a> {
    /// The word for its state.
    pub word: &'static str,
    /// The finding about its state.
    pub finding: Option<Finding>,
    /// The open sidecar, if it is fresh and must be compared.
    pub fresh: Option<&'a SidecarReader>,
}

/// Verifies a log and its sidecar, on all `threads`. `tick` gets the number of bytes of the log that are done. Returns
/// `None` if a writer has changed the sidecar since it was opened, so that it no longer describes this log.
///
/// # Errors
/// Fails if the log cannot be read or `tick` interrupts.
pub fn verify<S: ByteSource>(
    threads: &impl Threads,
    log: &CurrentLog<S>,
    sidecar: Beside<'_>,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<Compared>, SourceError> {
    let Beside { mut word, finding, fresh } = sidecar;
    let mut beside = Vec::from_iter(finding);
    let built = match (fresh, log) {
        (Some(reader), CurrentLog::AsIs(log)) => {
            // One transaction for all queries, so that a writer's commit is not taken for a difference.
            let held = match reader.hold() {
                Ok(None) => return Ok(None),
                held => held.map_err(|error| error.to_string()),
            };
            let (built, coherence) = match held {
                Ok(_held) => compare(threads, log, LogScan::full(), reader, tick)?,
                Err(message) => (read(threads, log, tick)?, failed(message)),
            };
            match coherence.failed {
                Some(message) => {
                    word = "corrupt";
                    beside.push(corrupt(&message));
                }
                None => beside.extend(coherence.findings),
            }
            built
        }
        _ => read(threads, log, tick)?,
    };
    let entry_count = built.counts.entries;
    let mut findings = log.at_origin(built.findings);
    findings.extend(beside);
    Ok(Some(Compared { entry_count, sidecar: word, findings }))
}

const fn failed(message: String) -> Coherence {
    Coherence { findings: Vec::new(), failed: Some(message) }
}

/// The first difference between a sidecar and a build of the bytes that it covers. Also `None` if a writer has changed
/// the sidecar since it was opened: that writer then keeps it up to date.
///
/// # Errors
/// Fails if the log cannot be read or `tick` interrupts.
pub fn difference(
    threads: &impl Threads,
    log: &dyn ByteSource,
    sidecar: &SidecarReader,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<Finding>, SourceError> {
    let _held = match sidecar.hold() {
        Ok(Some(held)) => held,
        Ok(None) => return Ok(None),
        Err(error) => return Ok(Some(corrupt(&error.to_string()))),
    };
    let Coherence { findings, failed } = compare(threads, log, LogScan::new(), sidecar, tick)?.1;
    Ok(failed.map(|message| corrupt(&message)).or_else(|| findings.into_iter().next()))
}

/// Scans the bytes of the log that a sidecar covers side by side with the sidecar's rows.
fn compare(
    threads: &impl Threads,
    log: &dyn ByteSource,
    scan: LogScan,
    sidecar: &SidecarReader,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<(Built<()>, Coherence), SourceError> {
    let sums = Cell::default();
    let mut statement = match RowCursor::prepare(sidecar.connection()) {
        Ok(statement) => statement,
        Err(error) => return Ok((read(threads, log, tick)?, failed(error.to_string()))),
    };
    let cursor = match RowCursor::new(&mut statement, &sums) {
        Ok(cursor) => cursor,
        Err(message) => return Ok((read(threads, log, tick)?, failed(message))),
    };
    let mut builder = IndexBuilder::with_findings(Comparison::new(cursor));
    let end = scan_on(threads, log, 0..sidecar.meta().stamp.len, scan, &mut builder, tick)?;
    let (built, comparison) = builder.finish_at(&end).take_rows();
    let mut coherence = comparison.finish(&built.fixups);
    if coherence.failed.is_none() {
        match compare_rest(&built, sidecar) {
            Ok(findings) => coherence.findings.extend(findings),
            Err(error) => coherence.failed = Some(error.to_string()),
        }
    }
    // When rows differ already, the indexes tell nothing more.
    if coherence.failed.is_none() && coherence.findings.is_empty() {
        coherence.failed = match fault(sidecar.connection(), built.counts.entries, sums.get()) {
            Ok(fault) => fault.map(ToString::to_string),
            Err(error) => Some(error.to_string()),
        };
    }
    Ok((built, coherence))
}

/// Compares branches, labels and metadata.
fn compare_rest(built: &Built<()>, sidecar: &SidecarReader) -> rusqlite::Result<Vec<Finding>> {
    let mut store = SqlStore::new(sidecar.connection());
    let mut findings = compare_tables((&built.branches, &store.branches()?), (&built.labels, &store.labels()?));
    if sidecar.meta().totals() != built.totals() {
        let finding = Finding::new(Code::RowDiffers);
        findings.push(finding.say("table `metadata` differs from the log; `migrate --force` rebuilds it"));
    }
    Ok(findings)
}
