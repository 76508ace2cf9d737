//! The upgrade of a log in place.
//!
//! Owns: what an upgrade writes, and its steps. Invariant: see [`super`]; every byte of the old log is durable under a
//! name in `checkpoints/` before the new one takes its place.
//! Does not: know dialects; the rope and the comparison are [`crate::dialect`]'s.

use super::{MigrateError, is_as_planned, write};
use crate::dialect::check_upgrade;
use crate::index::IndexBuilder;
use crate::log::{Dialect, LogScan, scan_source};
use crate::source::identity::FileStamp;
use crate::source::{ByteSource, Rope, SourceError};
use crate::storage::{Name, Storage};
use crate::store::checkpoint;
use crate::store::history::History;
use crate::store::ledger::{Event, Ledger, LedgerRow, digest_hex};
use crate::store::session_store::SessionStore;
use crate::store::state::LogState;
use crate::store::{StoreError, set_aside};
use alloc::format;
use alloc::string::String;
use core::ops::ControlFlow;

/// What an upgrade writes.
#[derive(Debug)]
pub struct Upgrade<L> {
    /// The dialect of the old log.
    pub dialect: Dialect,
    /// Entries of the new log.
    pub entries: u64,
    /// Key of its active leaf.
    leaf: Option<String>,
    /// The new log, over the old one alone.
    rope: Rope<L>,
}

impl<L: ByteSource> Upgrade<L> {
    /// Looks at the upgrade of a log of this dialect.
    ///
    /// # Errors
    /// If the log cannot be read, or `tick` interrupts.
    pub fn plan(
        dialect: Dialect,
        rope: Rope<L>,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Self, SourceError> {
        let mut builder = IndexBuilder::new(());
        scan_source(&rope, 0..rope.len(), LogScan::new(), &mut builder, tick)?;
        let built = builder.finish();
        let leaf = built.entry_count().checked_sub(1).map(|last| built.key(last));
        Ok(Self { dialect, entries: built.counts.entries, leaf, rope })
    }

    /// Bytes of the new log.
    pub fn bytes(&self) -> u64 {
        self.rope.len()
    }

    /// The old log.
    ///
    /// # Errors
    /// If the rope is over none.
    pub fn old(&self) -> Result<&L, SourceError> {
        self.rope.sources().first().ok_or(SourceError::Shrank { wanted: self.rope.len(), actual: 0 })
    }

    /// Carries it out, under the session's lock; the name of the old log in `checkpoints/`. `seen`: the stamp of the
    /// log that was planned from.
    ///
    /// # Errors
    /// As [`MigrateError`] says; the log is then as it was, or upgraded.
    pub fn run<S: Storage>(
        &self,
        mut session: SessionStore<'_, S>,
        seen: FileStamp,
        now_ms: i64,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Name, MigrateError> {
        is_as_planned(&session, Some(seen))?;
        session.resolve_pending(now_ms)?;
        let done = self.replace(&mut session, now_ms, tick);
        set_aside::or_dropped(session.storage, done)
    }

    fn replace<S: Storage>(
        &self,
        session: &mut SessionStore<'_, S>,
        now_ms: i64,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Name, MigrateError> {
        let mut hasher = blake3::Hasher::new();
        let new = write(session.storage, &[&self.rope], |bytes| {
            hasher.update(bytes);
        })?;
        check_upgrade(self.old()?, &new, self.dialect, tick)?;
        new.still_whole()?;

        let (name, before) = self.keep(session, now_ms)?;
        let words = format!("upgraded from {} to {}", self.dialect, Dialect::TreeV3);
        let mut row = LedgerRow::new(Event::Migrate, now_ms, new.len(), digest_hex(&hasher.finalize()), &words);
        row.fingerprint = Some(LogState::of(&new, new.len())?.fingerprint);
        row.branch_leaf.clone_from(&self.leaf);
        row.from = Some(session.state()?);
        session.record(before.into_iter().chain([row]).collect())?;
        set_aside::publish_log(session.storage, new, session.log.as_ref())?;
        Ok(name)
    }

    /// Gives the old log its name in `checkpoints/`; the name, and the row of the state, unless the newest state is it.
    fn keep<S: Storage>(
        &self,
        session: &SessionStore<'_, S>,
        now_ms: i64,
    ) -> Result<(Name, Option<LedgerRow>), MigrateError> {
        let log = session.log.as_ref().ok_or(StoreError::NothingLeft)?;
        let ledger = &session.ledger_file.ledger;
        let digest = digest_hex(&checkpoint::digest(None, log, 0..log.len())?);
        let name = set_aside::original(session.storage, log, self.dialect, &digest, ledger)?;
        let path = format!("checkpoints/{}", name.as_str());
        let now = session.state()?;
        if newest(ledger)
            .is_some_and(|row| row.checkpoint_path.as_ref() == Some(&path) && row.state() == Some(now.clone()))
        {
            return Ok((name, None));
        }
        let words = format!("before the upgrade of a {} log", self.dialect);
        let mut row = LedgerRow::new(Event::Checkpoint, now_ms, log.len(), digest, &words);
        row.fingerprint = Some(now.fingerprint);
        row.branch_leaf.clone_from(&self.leaf);
        row.checkpoint_path = Some(path);
        Ok((name, Some(row)))
    }
}

fn newest(ledger: &Ledger) -> Option<&LedgerRow> {
    ledger.rows.get(History::of(ledger).now.top?)
}
