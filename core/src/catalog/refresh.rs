//! Refresh: which stored rows of the session index still hold.
//!
//! Owns: the decision to keep a row, to read the session again or to drop the row, from the file system's stamps.
//! Invariant: a row is kept only if none of its sources can have changed: the log's device, inode, length, mtime and
//! ctime (which no program can set back) are the same, so are the files beside it, and the ctime was so old when the
//! row was read that any later change has another ctime.

use super::Row;
use crate::source::identity::FileStamp;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// The stamps of the files from which a row was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stamps {
    /// The log, or the snapshot of a v1 session without a log.
    pub log: FileStamp,
    /// Digest over the stamps of the other v1 files; 0 if there are none.
    pub beside: u64,
    /// Digest over the sidecar's stamp, for a row that lacks counts, which a newer sidecar may have.
    pub sidecar: u64,
    /// The files changed so shortly before they were read that a later change may leave all stamps equal.
    pub racy: bool,
    /// The row lacks counts that a sidecar could supply.
    pub lacking: bool,
}

/// Two changes at least this far apart have different times on any file system: a kernel's coarse clock ticks at least
/// every 10 ms, and some file systems are coarser.
const COARSE_NS: i64 = 100_000_000;

/// True if files with this ctime, read at `now_ns`, may change again without a new ctime. A ctime in the future, as
/// after a clock was set back, is not trusted either.
#[must_use]
pub const fn is_racy(ctime_ns: i64, now_ns: i64) -> bool {
    ctime_ns.saturating_add(COARSE_NS) >= now_ns
}

/// One session as found by a walk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen<'s> {
    /// Path below the root.
    pub rel: &'s [u8],
    /// Like [`Stamps::log`].
    pub log: FileStamp,
    /// Like [`Stamps::beside`].
    pub beside: u64,
}

/// The steps of a refresh.
#[derive(Debug, Default)]
pub struct Plan {
    /// Rows that hold.
    pub kept: Vec<Row>,
    /// Sessions to read: position in the walk, and whether a row describes an earlier state.
    pub read: Vec<(usize, bool)>,
    /// Paths whose rows are dropped.
    pub dropped: Vec<Vec<u8>>,
}

/// Compares stored rows with the sessions of a walk, which must be sorted by the bytes of their paths. `sidecar`
/// returns the digest over a sidecar's stamp, and is called only for rows that lack counts.
pub fn plan(mut stored: Vec<Row>, seen: &[Seen<'_>], sidecar: &mut dyn FnMut(&Seen<'_>) -> u64) -> Plan {
    // Rows are mostly stored in this order, and the sort is fast on sorted input.
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
