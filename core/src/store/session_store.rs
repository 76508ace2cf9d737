//! A session's log and ledger, opened together under the writer's lock.
//!
//! Owns: whether the last announced change took place, and the `undo` row for one that did not.
//! Invariant: a row is on the disk before its change happens, so only the last row can be open.

use super::checkpoint;
use super::error::StoreError;
use super::history::History;
use super::ledger::{Event, LedgerRow, digest_hex};
use super::ledger_file::LedgerFile;
use super::pending::pending_row;
use super::state::LogState;
use crate::dialect::detect;
use crate::source::{ByteSource, Tick, Watched, go_on};
use crate::storage::{Folder, Named, Place, PublishError, Storage, StorageFile, open_if_there};
use crate::write::last_id;
use alloc::string::String;
use alloc::vec::Vec;

/// A session's log and ledger.
#[derive(Debug)]
pub struct SessionStore<'s, S: Storage> {
    pub(crate) storage: &'s S,
    pub(crate) ledger_file: LedgerFile<S::File>,
    pub(crate) log: Option<S::File>,
}

impl<'s, S: Storage> SessionStore<'s, S> {
    /// Opens both and syncs the log and its name; it may be missing.
    ///
    /// # Errors
    /// Fails if they cannot be read.
    pub fn open(storage: &'s S) -> Result<Self, StoreError> {
        let mut session = Self { storage, ledger_file: LedgerFile::open(storage)?, log: None };
        session.reopen()?;
        Ok(session)
    }

    pub(crate) fn reopen(&mut self) -> Result<(), StoreError> {
        self.log = match open_if_there(self.storage, &Place::Log)? {
            Some(mut file) => {
                // Decisions must not rest on bytes that a power cut can take back, nor on a name.
                file.sync_data()?;
                self.storage.sync_folder(Folder::Sessions)?;
                (!file.is_empty()).then_some(file)
            }
            None => None,
        };
        Ok(())
    }

    /// The ledger.
    #[must_use]
    pub const fn ledger_file(&self) -> &LedgerFile<S::File> {
        &self.ledger_file
    }

    /// Length of the log; 0 if there is none.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.log.as_ref().map_or(0, ByteSource::len)
    }

    /// True if there is no log.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.log.is_none()
    }

    pub(crate) fn state(&self) -> Result<LogState, StoreError> {
        Ok(match &self.log {
            Some(log) => LogState::of(log, log.len())?,
            None => LogState::none(),
        })
    }

    /// True if this state is a prefix of the log; for the state without a log, if there is none.
    pub(super) fn begins_with(&self, state: &LogState) -> Result<bool, StoreError> {
        Ok(match &self.log {
            Some(log) => state.begins(log)?,
            None => state.len == 0,
        })
    }

    /// The index of the last row, if it is open.
    pub(super) fn pending_row(&self) -> Result<Option<usize>, StoreError> {
        Ok(pending_row(&self.ledger_file.ledger, self.log.as_ref())?)
    }

    /// Records that the user was told of the last change; the same command is then a new one.
    pub fn acknowledge(&mut self) {
        // The change is done, so an error here, such as a full disk, must not fail it; the next run reports it once
        // more.
        let _ = self.ledger_file.write_head(self.storage);
    }

    /// The last row, if it is of this event, took place, left the log as it is now, and was never reported.
    pub(super) fn unacknowledged(&self, event: Event) -> Result<Option<&LedgerRow>, StoreError> {
        let Some(row) = self.ledger_file.ledger.rows.last().filter(|row| row.event == event && row.from.is_some())
        else {
            return Ok(None);
        };
        let now = Some(self.state()?);
        Ok((!self.ledger_file.is_acknowledged() && row.state() == now && self.pending_row()?.is_none()).then_some(row))
    }

    /// Takes an open row off by an `undo` row; true if there was one.
    ///
    /// # Errors
    /// Fails if the log cannot be read or the ledger cannot be written.
    pub fn resolve_pending(&mut self, now_ms: i64) -> Result<bool, StoreError> {
        let Some(index) = self.pending_row()? else { return Ok(false) };
        let Some((row, &number)) =
            self.ledger_file.ledger.rows.get(index).zip(self.ledger_file.ledger.numbers.get(index))
        else {
            return Ok(false);
        };
        let from = row.from.clone().unwrap_or_else(LogState::none);
        let mut off = LedgerRow::new(Event::Undo, now_ms, from.len, String::new(), "did not take place");
        off.fingerprint = Some(from.fingerprint);
        off.target = Some(number);
        self.ledger_file.add(self.storage, off)?;
        Ok(true)
    }

    /// Adds rows durably and returns the number of the last.
    ///
    /// # Errors
    /// Fails if the ledger cannot be written; the change that the last row announces must then not happen.
    pub fn record(&mut self, rows: Vec<LedgerRow>) -> Result<u64, StoreError> {
        self.ledger_file.add_all(self.storage, rows)
    }

    /// Adds the row of a prune durably, before its files are deleted.
    ///
    /// # Errors
    /// Fails if the log cannot be read or the ledger cannot be written; nothing may then be deleted.
    pub fn prune(mut self, names: Vec<String>, now_ms: i64) -> Result<(), StoreError> {
        self.resolve_pending(now_ms)?;
        let Some(log) = &self.log else { return Err(StoreError::NothingLeft) };
        let digest = digest_hex(&checkpoint::digest(None, log, 0..log.len())?);
        let mut row = LedgerRow::new(Event::Prune, now_ms, log.len(), digest, "deleted on request");
        row.fingerprint = Some(self.state()?.fingerprint);
        row.pruned = names;
        self.record(alloc::vec![row]).map(|_| ())
    }

    /// Takes a checkpoint, unless the newest state is the current one; returns its row number.
    ///
    /// # Errors
    /// Fails if the log cannot be read or bytes of it are lost, if another program replaced or cut it, or if the ledger
    /// cannot be written.
    pub fn checkpoint(&mut self, now_ms: i64, note: &str) -> Result<Option<u64>, StoreError> {
        let Some(row) = self.new_checkpoint(now_ms, note, &mut go_on)? else { return Ok(None) };
        if let Some(log) = &self.log {
            if log.met_lost() {
                return Err(StoreError::Lost);
            }
            // No checkpoint of a log that another program replaced or removed.
            if !matches!(log.named()?, Named::Same(len) if len >= log.len()) {
                return Err(PublishError::Changed { what: Place::Log }.into());
            }
        }
        self.ledger_file.add(self.storage, row).map(Some)
    }

    /// The row of a checkpoint, unless the newest state is the current one.
    pub(super) fn new_checkpoint(
        &self,
        now_ms: i64,
        note: &str,
        tick: &mut Tick<'_>,
    ) -> Result<Option<LedgerRow>, StoreError> {
        let now = self.state()?;
        let top = History::of(&self.ledger_file.ledger).now.top;
        let known = top.and_then(|top| self.ledger_file.ledger.rows.get(top)).and_then(LedgerRow::state);
        let Some(log) = self.log.as_ref().filter(|_| known != Some(now)) else { return Ok(None) };
        let mut row =
            checkpoint::row(&self.ledger_file.ledger, &Watched::new(log, tick), log.len(), leaf(log), now_ms, note)?;
        row.sealed = log.sealed();
        Ok(Some(row))
    }
}

/// Id of the last entry; `None` if the end of the log cannot be read.
pub(crate) fn leaf(log: &impl ByteSource) -> Option<String> {
    let ends_whole = log.read_vec(log.len().checked_sub(1)?, 1).is_ok_and(|last| last == b"\n");
    let header = detect(log).ok()?.header;
    let from = header.map_or(0, |header| header.offset);
    if ends_whole { last_id(log, from).ok().flatten().map(|id| id.text) } else { None }
}
