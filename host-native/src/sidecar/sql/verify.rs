//! Verification of a log together with its sidecar.
//!
//! Owns: which rows and tables are compared. Invariant: both are read to the last byte; the log once.
//! Does not: decide what a difference is called; core does.

use crate::sidecar::sql::indexes::fault;
use crate::sidecar::sql::verdict::corrupt;
use crate::sidecar::sql::{RowCursor, SidecarReader, SqlStore};
use jcode_session_core::dialect::CurrentLog;
use jcode_session_core::finding::{Code, Finding};
use jcode_session_core::index::store::IndexStore;
use jcode_session_core::index::{Built, IndexBuilder};
use jcode_session_core::log::{LogScan, scan_source};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::verify::{Coherence, Comparison, compare_tables, read};
use std::cell::Cell;
use std::ops::ControlFlow;

/// What verification says of a log and its sidecar.
#[derive(Debug)]
pub struct Compared {
    /// Entries of the log.
    pub entry_count: u64,
    /// The word for the sidecar.
    pub sidecar: &'static str,
    /// Those of the log, then those of the sidecar.
    pub findings: Vec<Finding>,
}

/// How a sidecar stands to the log, as its verdict says.
#[derive(Debug)]
pub struct Beside<'a> {
    /// The word.
    pub word: &'static str,
    /// The finding about its state.
    pub finding: Option<Finding>,
    /// A fresh one, to be compared.
    pub fresh: Option<&'a SidecarReader>,
}

/// Verifies a log and its sidecar; `tick` gets the bytes of the log that are done. `None` if a writer has brought the
/// sidecar further since it was opened: it says nothing of this log any more.
///
/// # Errors
/// If the log cannot be read, or `tick` interrupts.
pub fn verify<S: ByteSource>(
    log: &CurrentLog<S>,
    sidecar: Beside<'_>,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<Compared>, SourceError> {
    let Beside { mut word, finding, fresh } = sidecar;
    let mut beside = Vec::from_iter(finding);
    let built = match (fresh, log) {
        (Some(reader), CurrentLog::AsIs(log)) => {
            // One state for all that is asked: what else is a writer's commit, not a difference.
            let held = match reader.hold() {
                Ok(None) => return Ok(None),
                held => held.map_err(|error| error.to_string()),
            };
            let (built, coherence) = match held {
                Ok(_held) => compare(log, LogScan::full(), reader, tick)?,
                Err(message) => (read(log, tick)?, failed(message)),
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
        _ => read(log, tick)?,
    };
    let entry_count = built.counts.entries;
    let mut findings = log.at_origin(built.findings);
    findings.extend(beside);
    Ok(Some(Compared { entry_count, sidecar: word, findings }))
}

const fn failed(message: String) -> Coherence {
    Coherence { findings: Vec::new(), failed: Some(message) }
}

/// The first difference between a sidecar and what a build of the bytes that it covers gives; `None` also if a writer
/// has brought it further since it was opened: then it is that writer's to see to.
///
/// # Errors
/// If the log cannot be read, or `tick` interrupts.
pub fn difference(
    log: &dyn ByteSource,
    sidecar: &SidecarReader,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Option<Finding>, SourceError> {
    let _held = match sidecar.hold() {
        Ok(Some(held)) => held,
        Ok(None) => return Ok(None),
        Err(error) => return Ok(Some(corrupt(&error.to_string()))),
    };
    let Coherence { findings, failed } = compare(log, LogScan::new(), sidecar, tick)?.1;
    Ok(failed.map(|message| corrupt(&message)).or_else(|| findings.into_iter().next()))
}

/// Scans the bytes of the log that a sidecar covers, and the sidecar, side by side.
fn compare(
    log: &dyn ByteSource,
    scan: LogScan,
    sidecar: &SidecarReader,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<(Built<()>, Coherence), SourceError> {
    let sums = Cell::default();
    let mut statement = match RowCursor::prepare(sidecar.connection()) {
        Ok(statement) => statement,
        Err(error) => return Ok((read(log, tick)?, failed(error.to_string()))),
    };
    let cursor = match RowCursor::new(&mut statement, &sums) {
        Ok(cursor) => cursor,
        Err(message) => return Ok((read(log, tick)?, failed(message))),
    };
    let mut builder = IndexBuilder::with_findings(Comparison::new(cursor));
    let end = scan_source(log, 0..sidecar.meta().stamp.len, scan, &mut builder, tick)?;
    let (built, comparison) = builder.finish_at(&end).take_rows();
    let mut coherence = comparison.finish(&built.fixups);
    if coherence.failed.is_none() {
        match compare_rest(&built, sidecar) {
            Ok(findings) => coherence.findings.extend(findings),
            Err(error) => coherence.failed = Some(error.to_string()),
        }
    }
    // Of rows that differ the indexes tell nothing more.
    if coherence.failed.is_none() && coherence.findings.is_empty() {
        coherence.failed = match fault(sidecar.connection(), built.counts.entries, sums.get()) {
            Ok(fault) => fault.map(ToString::to_string),
            Err(error) => Some(error.to_string()),
        };
    }
    Ok((built, coherence))
}

/// Branches, labels and metadata.
fn compare_rest(built: &Built<()>, sidecar: &SidecarReader) -> rusqlite::Result<Vec<Finding>> {
    let mut store = SqlStore::new(sidecar.connection());
    let mut findings = compare_tables((&built.branches, &store.branches()?), (&built.labels, &store.labels()?));
    if sidecar.meta().totals() != built.totals() {
        let finding = Finding::new(Code::RowDiffers);
        findings.push(finding.say("table `metadata` differs from the log; `migrate --force` rebuilds it"));
    }
    Ok(findings)
}
