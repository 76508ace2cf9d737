//! Which stored rows still hold.
//!
//! Owns: the decision keep, read again, or drop, from what the file system says.
//! Invariant: a row is kept only if nothing it was read from can have changed: same device, inode, length, mtime and
//! ctime of the log (which no program can set back), same files beside it, and a ctime that was old enough when the
//! row was read that a later change must have another one.
//! Does not: read files.

use super::Row;
use crate::source::identity::FileStamp;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// What a row was read from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stamps {
    /// The log, or the snapshot of a v1 session without a log.
    pub log: FileStamp,
    /// Digest over the stamps of the other v1 files; 0 without any.
    pub beside: u64,
    /// For a row that lacks something: digest over the stamp of the sidecar, which may come to know it.
    pub sidecar: u64,
    /// The files were changed so shortly before they were read that a change after that may show in no stamp.
    pub racy: bool,
    /// The row lacks what a sidecar could tell.
    pub lacking: bool,
}

/// A file system tells times apart that are this far apart: a kernel's coarse clock ticks every 10 ms at worst, and
/// some file systems are coarser.
const COARSE_NS: i64 = 100_000_000;

/// Whether files with this time of the last change may change again without another time, read at `now_ns`.
/// A time in the future, as after a clock was set back, cannot be trusted either.
#[must_use]
pub const fn is_racy(ctime_ns: i64, now_ns: i64) -> bool {
    ctime_ns.saturating_add(COARSE_NS) >= now_ns
}

/// One session as a walk sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<'s> {
    /// Path below the root.
    pub rel: &'s [u8],
    /// As in [`Stamps`].
    pub log: FileStamp,
    /// As in [`Stamps`].
    pub beside: u64,
}

/// What a refresh does.
#[derive(Debug, Default)]
pub struct Plan {
    /// Rows that hold.
    pub kept: Vec<Row>,
    /// Positions in the list of seen sessions of those to read, and whether a row was there for another state of it.
    pub read: Vec<(usize, bool)>,
    /// Paths whose rows go.
    pub dropped: Vec<Vec<u8>>,
}

/// Compares stored rows with what is there, which comes in the order of the paths' bytes. `sidecar` gives the digest
/// over the stamp of a session's sidecar, and is asked only for rows that lack something.
pub fn plan(mut stored: Vec<Row>, seen: &[Seen<'_>], sidecar: &mut dyn FnMut(&Seen<'_>) -> u64) -> Plan {
    // They were mostly stored in this order, and this sort makes use of it.
    stored.sort_by(|a, b| a.rel.cmp(&b.rel));
    let mut plan = Plan::default();
    let mut stored = stored.into_iter().peekable();
    for (position, now) in seen.iter().enumerate() {
        let mut found = None;
        while let Some(row) = stored.next_if(|row| row.rel.as_slice() <= now.rel) {
            match row.rel.as_slice().cmp(now.rel) {
                Ordering::Equal => found = Some(row),
                _ => plan.dropped.push(row.rel),
            }
        }
        match found {
            Some(row) if holds(&row.stamps, now, sidecar) => plan.kept.push(row),
            old => {
                let differs = |row: Row| row.stamps.log != now.log || row.stamps.beside != now.beside;
                plan.read.push((position, old.is_some_and(differs)));
            }
        }
    }
    plan.dropped.extend(stored.map(|row| row.rel));
    plan
}

fn holds(stamps: &Stamps, now: &Seen<'_>, sidecar: &mut dyn FnMut(&Seen<'_>) -> u64) -> bool {
    let same = stamps.log == now.log && stamps.beside == now.beside && !stamps.racy;
    same && !(stamps.lacking && sidecar(now) != stamps.sidecar)
}
