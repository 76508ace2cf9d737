//! Small sidecars that were built and wait for one sync.
//!
//! Owns: how many wait, and the order of steps: all that was written is synced at once, then each sidecar is renamed into
//! place under its lock, then the names are synced.
//! Invariant: of each session a crash leaves the old sidecar, none, or the new one whole, as if it had been built alone.

use crate::os::files::{PathError, stamp_of_open};
use crate::os::log_file::LogFile;
use crate::os::{paths, replace};
use crate::sidecar::outcome::{Known, RebuildError, Tick};
use crate::sidecar::rebuild;
use jcode_session_core::index::meta::IndexMeta;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tempfile::NamedTempFile;

/// Sidecars that are synced together.
const MOST: usize = 64;

/// Fewer are synced one by one: a sync of the file system waits for what other programs wrote, too.
const FEW: usize = 8;

/// Sidecars that wait, and those that could not be put in place.
#[derive(Debug, Default)]
pub struct Batch {
    waiting: Mutex<Vec<Waiting>>,
    failed: Mutex<Vec<(PathBuf, RebuildError)>>,
}

#[derive(Debug)]
struct Waiting {
    log: LogFile,
    built: NamedTempFile,
}

impl Batch {
    /// Builds the sidecar of a log. It is in place once the batch has ended.
    ///
    /// # Errors
    /// See [`RebuildError`].
    pub(crate) fn build(&self, log: LogFile, known: &Known, tick: &mut Tick<'_>) -> Result<IndexMeta, RebuildError> {
        let (built, meta) = rebuild::built(&log, known, tick)?;
        let full = {
            let mut waiting = held(&self.waiting);
            waiting.push(Waiting { log, built });
            if waiting.len() < MOST { Vec::new() } else { std::mem::take(&mut *waiting) }
        };
        self.put(full);
        Ok(meta)
    }

    /// Puts those in place that still wait. Returns the logs whose sidecar was not put in place, and why.
    #[must_use]
    pub fn end(self) -> Vec<(PathBuf, RebuildError)> {
        let rest = std::mem::take(&mut *held(&self.waiting));
        self.put(rest);
        self.failed.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, waiting: Vec<Waiting>) {
        let is_synced = waiting.len() >= FEW && sync_all(&waiting);
        let mut placed: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
        for Waiting { log, built } in waiting {
            let path = log.path().to_path_buf();
            match put_one(&log, built, is_synced) {
                Ok(()) => placed.entry(paths::folder(&path).to_path_buf()).or_default().push(path),
                Err(error) => self.fail(path, error),
            }
        }
        for (folder, logs) in placed {
            let Err(error) = replace::sync_folder(&folder) else { continue };
            for log in logs {
                self.fail(log, PathError::new("sync", &folder)(error.source.kind().into()).into());
            }
        }
    }

    fn fail(&self, log: PathBuf, error: RebuildError) {
        held(&self.failed).push((log, error));
    }
}

/// Syncs each file system once that a file of these is on. False where the system has no such call, or it failed: each
/// file then says itself what is wrong with it.
fn sync_all(waiting: &[Waiting]) -> bool {
    let mut synced = BTreeSet::new();
    waiting.iter().all(|Waiting { built, .. }| {
        let Ok(stamp) = stamp_of_open(built.as_file()) else { return false };
        !synced.insert(stamp.dev) || replace::sync_file_system(built).is_some()
    })
}

fn put_one(log: &LogFile, built: NamedTempFile, is_synced: bool) -> Result<(), RebuildError> {
    if !is_synced {
        replace::sync(&built)?;
    }
    let _lock = rebuild::lock(log)?;
    // Somebody who wrote meanwhile has brought the sidecar up to date.
    let is_as_it_was = stamp_of_open(log.file()).is_ok_and(|stamp| stamp == log.file_stamp()) && !log.is_displaced();
    if !is_as_it_was {
        return Err(RebuildError::Busy);
    }
    rebuild::put(log, built)
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
