//! Repair: rewrites a damaged log from its good records.
//!
//! If you change a step, then change section 7.5 of `docs/format.md` and the crash tests first.
//!
//! Owns: what counts as damage, and the order of steps, each of which ends with a sync: 1. the new log is written aside
//! and scanned, and must have no findings; 2. the old log gets a second name in `quarantine/`; 3. the ledger gains a
//! checkpoint of the log, unless there is one, and the repair's row; 4. the new log is renamed over the old one.
//! Invariant: before step 4 the log is unchanged, after it the log is repaired. It can be stopped up to the end of step 2,
//! and nothing is then set aside. The tree is the one that readers showed
//! before, with the entries that return ([`gather`]). [`super::undo`] takes a repair back, [`super::rollback`] returns
//! to the checkpoint.

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
use crate::source::{ByteSource, Tick, Watched};
use crate::storage::{Storage, StorageFile};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use gather::Gathered;

/// How often a repair reads the log, for who shows its progress.
pub const PASSES: u64 = 10;

/// How often a plan reads the log.
pub const PASSES_OF_PLAN: u64 = 3;

/// The effects of a repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Findings of the damaged log.
    pub findings: Vec<Finding>,
    /// Number of entries in the new log.
    pub entries: u64,
    /// Number of entries that return from `quarantine/`.
    pub restored: u64,
    /// Number of lines that become records by escaping raw control characters.
    pub mended: u64,
    /// Length of the damaged log.
    pub from_len: u64,
    /// Length of the new log; 0 until it is written.
    pub to_len: u64,
    /// Path below the store of the old log; `None` until the repair is done.
    pub set_aside: Option<String>,
}

impl Plan {
    /// True if the log has no findings and no entries return.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.findings.is_empty() && self.restored == 0
    }
}

/// Plans a repair, without writing.
///
/// # Errors
/// Fails if the log cannot be read, is not one that repair writes, or if `tick` stops it.
pub fn plan<S: Storage>(session: &SessionStore<'_, S>, tick: &mut Tick<'_>) -> Result<Plan, StoreError> {
    let gathered = gather::gather(session, tick)?;
    survey(session, &gathered, tick)
}

fn survey<S: Storage>(
    session: &SessionStore<'_, S>,
    gathered: &Gathered<S::File>,
    tick: &mut Tick<'_>,
) -> Result<Plan, StoreError> {
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    let mut findings = log.troubles()?;
    findings.extend(damages(log, tick)?);
    let mut builder = IndexBuilder::new(());
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

/// The findings of a log, without that of a last record that lacks only its LF.
fn damages(log: &dyn ByteSource, tick: &mut Tick<'_>) -> Result<Vec<Finding>, StoreError> {
    let mut builder = IndexBuilder::with_findings(());
    let end = scan_source(log, 0..log.len(), LogScan::full(), &mut builder, tick)?;
    let lacks_lf = end.open_line == crate::log::OpenLine::Whole;
    let findings = builder.finish_at(&end).findings;
    Ok(findings.into_iter().filter(|finding| !(lacks_lf && finding.code == Code::TornTail)).collect())
}

/// Runs the repair; the session shows the new log afterwards. `stem`: the session's id if the header is lost.
///
/// # Errors
/// Same errors as [`plan`], and any storage error; the log is then unchanged or repaired. If `tick` stops it, the log is
/// unchanged.
pub fn run<S: Storage>(
    session: &mut SessionStore<'_, S>,
    stem: &str,
    now_ms: i64,
    tick: &mut Tick<'_>,
) -> Result<Plan, StoreError> {
    session.resolve_pending(now_ms)?;
    let done = replace(session, stem, now_ms, tick);
    set_aside::or_dropped(session.storage, done)
}

fn replace<S: Storage>(
    session: &mut SessionStore<'_, S>,
    stem: &str,
    now_ms: i64,
    tick: &mut Tick<'_>,
) -> Result<Plan, StoreError> {
    let gathered = gather::gather(session, tick)?;
    let mut plan = survey(session, &gathered, tick)?;
    if plan.is_nothing() {
        return Ok(plan);
    }
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    let mut new = set_aside::new_log(session.storage)?;
    let digest = rewrite::rewrite(&gathered.rope, stem, now_ms, &mut new, tick)?;
    new.sync_data()?;
    prove(&new, plan.entries, tick)?;
    let mut rows = Vec::new();
    if log.troubles()?.is_empty() {
        // Lost bytes may come back, and then the digest would not match the log.
        rows.extend(session.new_checkpoint(now_ms, "before a repair", tick)?);
    }
    let set_aside_digest = checkpoint::digest(None, &Watched::new(log, tick), 0..log.len())?;
    let name = set_aside::whole_log(session.storage, log, now_ms, tick)?;
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

fn prove(written: &dyn ByteSource, entries: u64, tick: &mut Tick<'_>) -> Result<(), StoreError> {
    let found = damages(written, tick)?;
    if let Some(finding) = found.first() {
        return Err(StoreError::StillDamaged(format!("{:?}: {}", finding.code, finding.message)));
    }
    let mut builder = IndexBuilder::new(());
    scan_source(written, 0..written.len(), LogScan::new(), &mut builder, tick)?;
    if builder.entry_count() == entries {
        return Ok(());
    }
    Err(StoreError::StillDamaged(format!("{} entries instead of {entries}", builder.entry_count())))
}
