//! Checkpoints of a running writer, taken on the sidecar's thread at sync points.
//!
//! Owns: counting towards the next one. Invariant: only what is on the disk is checkpointed, and no append waits.
//! Does not: fail anything: a checkpoint that cannot be taken is tried again at the next sync point.

use crate::fs::LogFile;
use crate::host;
use crate::native_storage::{NativeFile, NativeStorage};
use jcode_session_core::source::ByteSource;
use jcode_session_core::store::book::Book;
use jcode_session_core::store::checkpoint::{self, Policy};
use jcode_session_core::store::{Desk, StoreError};
use jcode_session_core::write::SyncPoint;

/// The writer's checkpoints.
pub(super) struct Checkpoints {
    storage: NativeStorage,
    policy: Policy,
    book: Option<Book<NativeFile>>,
    /// The sync point of the last one; at first where the writer began.
    last: SyncPoint,
    last_ms: Option<i64>,
}

impl Checkpoints {
    /// For a writer that found `log` so.
    pub(super) fn new(log: &LogFile, policy: Policy) -> Self {
        let last = SyncPoint { len: log.len(), entries: 0 };
        Self { storage: NativeStorage::new(log.path()), policy, book: None, last, last_ms: None }
    }

    /// The log is on the disk as far as `point`.
    pub(super) fn reached(&mut self, log: &mut LogFile, point: SyncPoint, leaf: Option<&str>) {
        let now = host::now_ms();
        let (entries, bytes) =
            (point.entries.saturating_sub(self.last.entries), point.len.saturating_sub(self.last.len));
        if !self.policy.due(entries, bytes, self.last_ms, now) {
            return;
        }
        // One that fails is not tried again before as much was appended once more, or as long has passed.
        self.last_ms = Some(now);
        log.see(point.len);
        match self.take(log, now, leaf) {
            Ok(()) => self.last = point,
            Err(_) => self.book = None,
        }
    }

    fn take(&mut self, log: &LogFile, now: i64, leaf: Option<&str>) -> Result<(), StoreError> {
        let book = match &mut self.book {
            Some(book) => book,
            none => {
                // What a crash left half done is settled before anything else is recorded.
                Desk::open(&self.storage)?.settle(now)?;
                none.insert(Book::open(&self.storage)?)
            }
        };
        let leaf = leaf.map(ToString::to_string);
        let row = checkpoint::row(&book.ledger, log, log.len(), leaf, now, "while it was written")?;
        book.add(&self.storage, row)?;
        Ok(())
    }
}
