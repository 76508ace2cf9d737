//! Checkpoints of a running writer, taken behind the sidecar at sync points.
//!
//! Owns: counting towards the next checkpoint.
//! Invariant: only synced bytes are checkpointed, and no append waits. A checkpoint that fails makes nothing else fail;
//! it is tried again at a later sync point.

use crate::os::host;
use crate::os::log_file::LogFile;
use crate::os::segments::{self, SessionFile, SessionStorage};
use crate::os::turn::TurnLock;
use jcode_session_core::log::tail::last_of_active_path;
use jcode_session_core::log::{LineReader, Outcome};
use jcode_session_core::source::ByteSource;
use jcode_session_core::store::checkpoint::{self, Policy};
use jcode_session_core::store::history::History;
use jcode_session_core::store::ledger_file::LedgerFile;
use jcode_session_core::store::{SessionStore, StoreError};
use jcode_session_core::write::SyncPoint;

/// The writer's checkpoints.
pub(super) struct Checkpoints {
    storage: SessionStorage,
    policy: Policy,
    ledger_file: Option<LedgerFile<SessionFile>>,
    /// Bytes and new entries of the log at the last checkpoint; before the first one, those at opening.
    last: (u64, u64),
    last_ms: Option<i64>,
    /// Length of the log at opening, until the state before the writer's first entry is recorded.
    found: Option<u64>,
    /// Other writers keep the same ledger: it is changed in a turn, and read anew.
    takes_turns: bool,
}

impl Checkpoints {
    /// For a writer that found `log` so.
    pub(super) fn new(log: &LogFile, policy: Policy, takes_turns: bool) -> Self {
        Self {
            storage: segments::storage(log.path()),
            policy,
            ledger_file: None,
            last: (log.len(), 0),
            last_ms: None,
            found: policy.before.then(|| log.len()),
            takes_turns,
        }
    }

    /// Closes the ledger; the next checkpoint opens it again.
    pub(super) fn let_go(&mut self) {
        self.ledger_file = None;
    }

    /// Takes a checkpoint if one is due. The log is synced up to `point`.
    pub(super) fn reached(&mut self, log: &mut LogFile, point: SyncPoint, leaf: Option<&str>) {
        if !self.takes_turns {
            return self.take_due(log, point, leaf);
        }
        if self.passed(point).is_none() && !self.is_due(point, host::now_ms()) {
            return;
        }
        // Where somebody else has it, one of the next points will do.
        if let Ok(mut lock) = TurnLock::open(log.path())
            && let Ok(_turn) = lock.try_take()
        {
            self.ledger_file = None;
            self.take_due(log, point, leaf);
        }
    }

    /// The length of the log as it was found, if that state is to be recorded and the log is longer now.
    fn passed(&self, point: SyncPoint) -> Option<u64> {
        self.found.filter(|&found| point.len() > found)
    }

    /// So much was written since the last checkpoint that another one is due.
    fn is_due(&self, point: SyncPoint, now: i64) -> bool {
        let (bytes, entries) = (point.len().saturating_sub(self.last.0), point.entries.saturating_sub(self.last.1));
        self.policy.due(entries, bytes, self.last_ms, now)
    }

    fn take_due(&mut self, log: &mut LogFile, point: SyncPoint, leaf: Option<&str>) {
        let now = host::now_ms();
        if let Some(found) = self.passed(point) {
            self.found = None;
            log.see(found);
            if self.take_found(log, now).is_err() {
                self.ledger_file = None;
            }
        }
        log.see(point.len());
        if !self.is_due(point, now) {
            return;
        }
        // After a failure, the next try waits for as many new bytes or entries, or as much time, as a regular
        // checkpoint.
        self.last_ms = Some(now);
        match self.take(log, now, leaf) {
            Ok(()) => self.last = (point.len(), point.entries),
            Err(_) => self.ledger_file = None,
        }
    }

    /// Records the state of the log at opening, if it holds entries and the ledger does not end with this state.
    fn take_found(&mut self, log: &LogFile, now: i64) -> Result<(), StoreError> {
        let Some(leaf) = last_entry(log) else { return Ok(()) };
        let newest = {
            let ledger = &self.ledger_file(now)?.ledger;
            History::of(ledger).now.top.and_then(|top| ledger.rows.get(top)).map(|row| row.logical_len)
        };
        if newest == Some(log.len()) {
            return Ok(());
        }
        self.add(log, now, Some(leaf), "before it was written to")
    }

    fn take(&mut self, log: &LogFile, now: i64, leaf: Option<&str>) -> Result<(), StoreError> {
        self.add(log, now, leaf.map(ToString::to_string), "while it was written")
    }

    fn add(&mut self, log: &LogFile, now: i64, leaf: Option<String>, note: &str) -> Result<(), StoreError> {
        let mut row = checkpoint::row(&self.ledger_file(now)?.ledger, log, log.len(), leaf, now, note)?;
        if log.met_lost() {
            return Err(StoreError::Lost);
        }
        row.sealed = log.sealed();
        let Self { storage, ledger_file, .. } = self;
        if let Some(ledger_file) = ledger_file {
            ledger_file.add(storage, row)?;
        }
        Ok(())
    }

    fn ledger_file(&mut self, now: i64) -> Result<&mut LedgerFile<SessionFile>, StoreError> {
        match &mut self.ledger_file {
            Some(ledger_file) => Ok(ledger_file),
            none => {
                // An operation that a crash left half done is resolved before anything else is recorded.
                SessionStore::open(&self.storage)?.resolve_pending(now)?;
                Ok(none.insert(LedgerFile::open(&self.storage)?))
            }
        }
    }
}

/// The id of the last entry of a log, read from its end.
fn last_entry(log: &LogFile) -> Option<String> {
    let span = last_of_active_path(log, 0, 1).ok()??.pop()?;
    let line = log.read_vec(span.offset, usize::try_from(span.len).ok()?).ok()?;
    match LineReader::new().read(span.offset, 0, &line, false) {
        Outcome::Whole(record) => record.fields.usable_id().map(|id| id.into_owned()),
        _ => None,
    }
}
