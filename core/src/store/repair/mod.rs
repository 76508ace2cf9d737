//! Repair: a damaged log rewritten from its good records.
//!
//! Owns: what counts as damage, and the order of steps, each of which ends with its sync: 1. the new log is written
//! aside and scanned: it has no findings; 2. the old one gets a name in `quarantine/`; 3. a checkpoint of the log as
//! it is, unless there is one, and the row; 4. the new log is renamed over the old one.
//! Invariant: before step 4 the log is as it was, after it repaired. The tree is the one that readers showed before,
//! with what comes back ([`gather`]). [`super::undo`] takes it back, [`super::rollback`] returns to the checkpoint.
//! Does not: follow with the sidecar.

mod gather;
mod rewrite;

use super::checkpoint;
use super::error::StoreError;
use super::ledger::{Event, LedgerRow, digest_hex};
use super::session_store::{SessionStore, leaf};
use super::set_aside;
use super::state::LogState;
use crate::finding::{Code, Finding};
use crate::index::IndexBuilder;
use crate::log::{LogScan, scan_source};
use crate::source::ByteSource;
use crate::storage::{Storage, StorageFile};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;
use gather::Gathered;

/// What a repair does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What is wrong with the log.
    pub findings: Vec<Finding>,
    /// Entries of the new log.
    pub entries: u64,
    /// Entries of it that come back from `quarantine/`.
    pub restored: u64,
    /// Records of it that no reader showed, for raw control characters in their text.
    pub mended: u64,
    /// Length of the log now.
    pub from_len: u64,
    /// Length of the new log, once it is written.
    pub to_len: u64,
    /// Where the old log is kept, below the store, once it is done.
    pub set_aside: Option<String>,
}

impl Plan {
    /// Nothing is wrong, and nothing waits in `quarantine/`.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.findings.is_empty() && self.restored == 0
    }
}

/// Says what [`run`] would do.
///
/// # Errors
/// If the log cannot be read, or is none that repair writes.
pub fn plan<S: Storage>(session: &SessionStore<'_, S>) -> Result<Plan, StoreError> {
    let gathered = gather::gather(session)?;
    survey(session, &gathered)
}

fn survey<S: Storage>(session: &SessionStore<'_, S>, gathered: &Gathered<S::File>) -> Result<Plan, StoreError> {
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    let mut findings = log.troubles()?;
    findings.extend(damages(log)?);
    let mut builder = IndexBuilder::new(());
    let tick = &mut |_| ControlFlow::Continue(());
    scan_source(&gathered.rope, 0..gathered.rope.len(), LogScan::new().every_line(), &mut builder, tick)?;
    if builder.header().is_none() && builder.entry_count() == 0 {
        return Err(StoreError::NothingLeft);
    }
    Ok(Plan {
        findings,
        entries: builder.entry_count(),
        restored: gathered.restored,
        mended: gathered.mended,
        from_len: session.len(),
        to_len: 0,
        set_aside: None,
    })
}

/// What is wrong with a log, besides a last record that lacks only its LF.
fn damages(log: &dyn ByteSource) -> Result<Vec<Finding>, StoreError> {
    let mut builder = IndexBuilder::with_findings(());
    let end = scan_source(log, 0..log.len(), LogScan::full(), &mut builder, &mut |_| ControlFlow::Continue(()))?;
    let lacks_lf = end.open_line == crate::log::OpenLine::Whole;
    let findings = builder.finish_at(&end).findings;
    Ok(findings.into_iter().filter(|finding| !(lacks_lf && finding.code == Code::TornTail)).collect())
}

/// Does it. `stem`: the session's id if the header is lost. The session shows the new log afterwards.
///
/// # Errors
/// As [`plan`], and what storage says; the log is then as it was, or repaired.
pub fn run<S: Storage>(session: &mut SessionStore<'_, S>, stem: &str, now_ms: i64) -> Result<Plan, StoreError> {
    session.resolve_pending(now_ms)?;
    let done = replace(session, stem, now_ms);
    set_aside::or_dropped(session.storage, done)
}

fn replace<S: Storage>(session: &mut SessionStore<'_, S>, stem: &str, now_ms: i64) -> Result<Plan, StoreError> {
    let gathered = gather::gather(session)?;
    let mut plan = survey(session, &gathered)?;
    if plan.is_nothing() {
        return Ok(plan);
    }
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    let mut new = set_aside::new_log(session.storage)?;
    let digest = rewrite::rewrite(&gathered.rope, stem, now_ms, &mut new)?;
    new.sync_data()?;
    prove(&new, plan.entries)?;
    let mut rows = Vec::new();
    if log.troubles()?.is_empty() {
        // What is lost may come back: then the log would not be the one that the digest is of.
        rows.extend(session.new_checkpoint(now_ms, "before a repair")?);
    }
    let set_aside_digest = checkpoint::digest(None, log, 0..log.len())?;
    let name = set_aside::whole_log(session.storage, log, now_ms)?;
    plan.set_aside = name.name().map(|name| format!("quarantine/{}", name.as_str()));
    plan.to_len = new.len();
    let words = format!("{} findings, {} entries kept", plan.findings.len(), plan.entries);
    let mut row = LedgerRow::new(Event::Repair, now_ms, new.len(), digest_hex(&digest), &words);
    row.branch_leaf = leaf(&new);
    row.fingerprint = Some(LogState::of(&new, new.len())?.fingerprint);
    row.from = Some(session.state()?);
    row.set_aside.clone_from(&plan.set_aside);
    row.set_aside_digest = Some(digest_hex(&set_aside_digest));
    row.restored = gathered.names;
    rows.push(row);
    session.record(rows)?;
    set_aside::publish_log(session.storage, new, session.log.as_ref())?;
    session.reopen()?;
    Ok(plan)
}

fn prove(written: &dyn ByteSource, entries: u64) -> Result<(), StoreError> {
    let found = damages(written)?;
    if let Some(finding) = found.first() {
        return Err(StoreError::StillDamaged(format!("{:?}: {}", finding.code, finding.message)));
    }
    let mut builder = IndexBuilder::new(());
    scan_source(written, 0..written.len(), LogScan::new(), &mut builder, &mut |_| ControlFlow::Continue(()))?;
    if builder.entry_count() == entries {
        return Ok(());
    }
    Err(StoreError::StillDamaged(format!("{} entries instead of {entries}", builder.entry_count())))
}
