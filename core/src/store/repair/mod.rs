//! Repair: a damaged log rewritten from its good records.
//!
//! Owns: what counts as damage, what comes back from `quarantine/`, and the order of steps, each of which ends with
//! its sync: 1. the new log is written aside and scanned: it has no findings; 2. the old one gets a name in
//! `quarantine/`; 3. the row; 4. the new log is renamed over the old one.
//! Invariant: before step 4 the log is as it was, after it repaired. The tree is the one that readers showed before.
//! Does not: follow with the sidecar.
//!
//! What recovery took out of the log comes back where it stood, record by record, if the log has no entry with its
//! id; bytes that a rollback or a repair set aside stay where they are.

mod rewrite;

use super::error::StoreError;
use super::ledger::{Event, Ledger, LedgerRow, digest_hex};
use super::session_store::{SessionStore, leaf};
use super::set_aside;
use super::state::LogState;
use crate::dialect::detect;
use crate::finding::{Code, Finding};
use crate::index::IndexBuilder;
use crate::log::{Dialect, LogScan, LogSink, Record, scan_source};
use crate::source::{ByteSource, Rope};
use crate::storage::FileSource;
use crate::storage::{Folder, Name, Place, Storage, StorageFile, open_if_there};
use crate::write::QuarantineName;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::convert::Infallible;
use core::ops::ControlFlow;

/// What a repair does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What is wrong with the log.
    pub findings: Vec<Finding>,
    /// Entries of the new log.
    pub entries: u64,
    /// Entries of it that come back from `quarantine/`.
    pub restored: u64,
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

/// The damaged log with what comes back, as one.
struct Gathered<F> {
    rope: Rope<FileSource<F>>,
    restored: u64,
    /// Names in `quarantine/`.
    names: Vec<String>,
}

/// Says what [`run`] would do.
///
/// # Errors
/// If the log cannot be read, or is none that repair writes.
pub fn plan<S: Storage>(session: &SessionStore<'_, S>) -> Result<Plan, StoreError> {
    let gathered = gather(session)?;
    survey(session, &gathered)
}

fn survey<S: Storage>(session: &SessionStore<'_, S>, gathered: &Gathered<S::File>) -> Result<Plan, StoreError> {
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    let mut findings = session.storage.troubles()?;
    findings.extend(damages(log)?);
    let mut builder = IndexBuilder::new(());
    let tick = &mut |_| ControlFlow::Continue(());
    scan_source(&gathered.rope, 0..gathered.rope.len(), LogScan::new(), &mut builder, tick)?;
    if builder.header().is_none() && builder.entry_count() == 0 {
        return Err(StoreError::NothingLeft);
    }
    Ok(Plan {
        findings,
        entries: builder.entry_count(),
        restored: gathered.restored,
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
    let gathered = gather(session)?;
    let mut plan = survey(session, &gathered)?;
    if plan.is_nothing() {
        return Ok(plan);
    }
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    let mut new = set_aside::new_log(session.storage)?;
    let digest = rewrite::rewrite(&gathered.rope, stem, now_ms, &mut new)?;
    new.sync_data()?;
    let written = FileSource { len: new.len()?, file: new.clone() };
    if let Err(error) = prove(&written, plan.entries) {
        set_aside::drop_new_log(session.storage);
        return Err(error);
    }
    let name = set_aside::whole_log(session.storage, log, now_ms)?;
    plan.set_aside = name.name().map(|name| format!("quarantine/{}", name.as_str()));
    plan.to_len = written.len;
    let words = format!("{} findings, {} entries kept", plan.findings.len(), plan.entries);
    let mut row = LedgerRow::new(Event::Repair, now_ms, written.len, digest_hex(&digest), &words);
    row.branch_leaf = leaf(&written);
    row.fingerprint = Some(LogState::of(&written, written.len)?.fingerprint);
    row.from = Some(session.state()?);
    row.set_aside.clone_from(&plan.set_aside);
    row.restored = gathered.names;
    session.ledger_file.add(session.storage, row)?;
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

/// The log, and between its lines what comes back.
fn gather<S: Storage>(session: &SessionStore<'_, S>) -> Result<Gathered<S::File>, StoreError> {
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    if let Some(header) = detect(log)?.header {
        if header.newer().is_some() {
            return Err(StoreError::Dialect(format!("version {}", header.version)));
        }
        if header.dialect() != Dialect::TreeV3 {
            return Err(StoreError::Dialect(header.dialect().to_string()));
        }
    }
    let mut ids = Ids::default();
    scan_source(log, 0..log.len, LogScan::new(), &mut ids, &mut |_| ControlFlow::Continue(()))?;
    let mut seen = ids.ids;
    let mut sources = alloc::vec![FileSource { file: log.file.clone(), len: log.len }];
    let mut rope: Rope<()> = Rope::new(Vec::new());
    let mut done = 0;
    let (mut restored, mut names) = (0, Vec::new());
    for (name, file) in waiting(session)? {
        let mut found = Ids::default();
        let scan = LogScan::resume(0, 0, true);
        scan_source(&file, 0..file.len, scan, &mut found, &mut |_| ControlFlow::Continue(()))?;
        let wanted: Vec<_> = found.spans.into_iter().filter(|(id, ..)| seen.insert(id.clone())).collect();
        if wanted.is_empty() {
            continue;
        }
        let at = line_at(log, name.offset)?.max(done);
        rope.push_original(0, done, at);
        done = at;
        let source = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        for (_, from, to) in wanted {
            rope.push_new(b"\n");
            rope.push_original(source, from, to);
            rope.push_new(b"\n");
            restored += 1;
        }
        sources.push(file);
        names.extend(name.name().map(|name| name.as_str().to_string()));
    }
    rope.push_original(0, done, log.len);
    Ok(Gathered { rope: rope.over(sources), restored, names })
}

/// The offset itself if a line begins there, else the end of the log.
fn line_at<F: StorageFile>(log: &FileSource<F>, offset: u64) -> Result<u64, StoreError> {
    let begins = offset > 0 && offset <= log.len && log.read_vec(offset - 1, 1)? == b"\n";
    Ok(if begins { offset } else { log.len })
}

/// A file in `quarantine/`, open.
type Waiting<F> = (QuarantineName, FileSource<F>);

/// Whole files in `quarantine/` that recovery made and no repair has put back, by where they stood.
fn waiting<S: Storage>(session: &SessionStore<'_, S>) -> Result<Vec<Waiting<S::File>>, StoreError> {
    let known = accounted(&session.ledger_file.ledger);
    let names = session.storage.list(Folder::Quarantine)?;
    let names = names.iter().filter(|name| !known.contains(name.as_str()));
    let mut parsed: Vec<QuarantineName> = names.filter_map(|name| QuarantineName::parse(name)).collect();
    // Recovery never takes the header; what begins there is a whole log.
    parsed.retain(|name| name.offset > 0);
    parsed.sort_unstable();
    let mut found = Vec::new();
    for name in parsed {
        let Some(place) = name.name().map(Place::Quarantine) else { continue };
        let Some(file) = open_if_there(session.storage, &place)? else { continue };
        let len = file.len()?;
        if len == name.len {
            found.push((name, FileSource { file, len }));
        }
    }
    Ok(found)
}

/// Names in `quarantine/` that belong to rollbacks and repairs, or were put back.
fn accounted(ledger: &Ledger) -> BTreeSet<String> {
    let off: BTreeSet<u64> =
        ledger.rows.iter().filter(|row| row.event == Event::Undo).filter_map(|row| row.target).collect();
    let mut known = BTreeSet::new();
    for (row, number) in ledger.rows.iter().zip(&ledger.numbers) {
        known.extend(row.set_aside_name().map(|name: Name| name.as_str().to_string()));
        if !off.contains(number) {
            known.extend(row.restored.iter().cloned());
        }
    }
    known
}

/// Usable ids, and where their records stand.
#[derive(Default)]
struct Ids {
    ids: BTreeSet<String>,
    spans: Vec<(String, u64, u64)>,
}

impl LogSink for Ids {
    type Break = Infallible;

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<Infallible> {
        if let Some(id) = entry.fields.usable_id() {
            self.ids.insert(id.clone().into_owned());
            self.spans.push((id.into_owned(), entry.offset, entry.offset + entry.bytes.len() as u64));
        }
        ControlFlow::Continue(())
    }
}
