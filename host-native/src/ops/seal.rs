//! Sealing and compression of a session's log, and their undo.
//!
//! Owns: the lock around these operations, the recovery before them, and moving sidecar and lock to the new file of the
//! log. Core decides the steps.
//! Invariant: same as [`crate::ops::restore`]: a session with a writer is refused.

use crate::ops::recover;
use crate::ops::restore::{self, RestoreError, failed};
use crate::os::host;
use crate::os::lock::SessionLock;
use crate::os::log_file::LogFile;
use crate::os::opening::open_itself;
use crate::os::segments::{self, SessionFile, Zstd};
use crate::sidecar::rebuild::{self, Tick};
use crate::sidecar::{self, Sidecar};
use jcode_session_core::dialect::Detected;
use jcode_session_core::segment::{compress, seal};
use jcode_session_core::source::go_on;
use jcode_session_core::store::SessionStore;
use std::path::Path;

pub use compress::Converted;
pub use seal::{DEFAULT_SIZE, PASSES, Plan};

/// How the older lines of a log are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// Bytes in a segment; its last line may exceed them.
    pub size: u64,
    /// Whether to compress the segments.
    pub compress: bool,
}

/// The result of [`run`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The bytes that moved into segments.
    pub plan: Plan,
    /// The older segments that were compressed.
    pub compressed: Converted,
}

/// Predicts what [`run`] would move.
///
/// # Errors
/// See [`RestoreError`].
pub fn plan(log: &Path, size: u64) -> Result<Plan, RestoreError> {
    restore::must_be(log, |detected| detected.writable().map(|_| ()))?;
    let storage = segments::storage_to_look_at(log);
    let store = SessionStore::open(&storage).map_err(failed(log))?;
    seal::plan(&store, size).map_err(failed(log))
}

/// Moves the older lines of a log into segments, and compresses all segments if requested. Stopped before the log's own
/// file is replaced, it is an error; stopped behind that, segments are left as they were.
///
/// # Errors
/// See [`RestoreError`].
pub fn run(log: &Path, segments: Segments, tick: &mut Tick<'_>) -> Result<Done, RestoreError> {
    restore::must_be(log, |detected| detected.writable().map(|_| ()))?;
    let mut lock = SessionLock::acquire(log)?;
    // The remains of a crash at the end of the log must not become part of a segment.
    recover::recover(log).map_err(|source| RestoreError::Open { path: log.to_path_buf(), source })?;
    held(log, &mut lock, segments, tick)
}

/// Like [`run`], for a log that is recovered and whose lock the caller holds.
pub(crate) fn held(
    log: &Path,
    lock: &mut SessionLock,
    segments: Segments,
    tick: &mut Tick<'_>,
) -> Result<Done, RestoreError> {
    let storage = segments::storage(log);
    let mut store = SessionStore::open(&storage).map_err(failed(log))?;
    let zstd = Zstd::default();
    let with = segments.compress.then_some(&zstd as _);
    let plan = seal::run(&mut store, segments.size, with, host::now_ms(), tick).map_err(failed(log))?;
    let compressed = match segments.compress {
        true => compress::run(&mut store, &zstd, host::now_ms(), tick).map_err(failed(log))?,
        false => Converted::default(),
    };
    if !plan.is_nothing() {
        follow(log, lock)?;
    }
    Ok(Done { plan, compressed })
}

/// Puts all bytes back into one file. Returns their number.
///
/// # Errors
/// See [`RestoreError`].
pub fn undo(log: &Path, tick: &mut Tick<'_>) -> Result<u64, RestoreError> {
    restore::must_be(log, Detected::known)?;
    let mut lock = SessionLock::acquire(log)?;
    let storage = segments::storage(log);
    let mut store = SessionStore::open(&storage).map_err(failed(log))?;
    let bytes = seal::undo(&mut store, host::now_ms(), tick).map_err(failed(log))?;
    if bytes > 0 {
        follow(log, &mut lock)?;
    }
    Ok(bytes)
}

/// Decompresses all segments, until it is stopped.
///
/// # Errors
/// See [`RestoreError`].
pub fn decompress(log: &Path, tick: &mut Tick<'_>) -> Result<Converted, RestoreError> {
    restore::must_be(log, Detected::known)?;
    let _lock = SessionLock::acquire(log)?;
    let storage = segments::storage(log);
    let mut store = SessionStore::open(&storage).map_err(failed(log))?;
    compress::undo(&mut store, host::now_ms(), tick).map_err(failed(log))
}

/// Whether the log holds more bytes outside of segments than one segment holds.
pub(crate) fn is_due(log: &SessionFile, len: u64, segments: Segments) -> bool {
    let sealed = log.sealed().map_or(0, |sealed| sealed.to);
    len.saturating_sub(sealed) > segments.size
}

/// Moves the lock and the sidecar to the new file of the log.
fn follow(log: &Path, lock: &mut SessionLock) -> Result<(), RestoreError> {
    let inode = open_itself(log)?;
    lock.lock_inode(inode)?;
    let file = LogFile::open(log)?;
    // The bytes are the same, only the stamp is new. If the update fails, the sidecar is updated when the session is
    // opened next.
    if matches!(sidecar::open(&file), Ok(Sidecar::Fresh { restamp: true, .. })) {
        let _ = rebuild::update_held(&file, &mut go_on);
    }
    Ok(())
}
