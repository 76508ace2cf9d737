//! Checkpoints: when one is due, the content of its row, and which checkpoints stay on offer.
//!
//! If you change the digest, then change section 7.2 of `docs/format.md` too; existing ledgers must stay valid.
//!
//! Owns: the policy, the chained digest, and thinning.
//! Invariant: a checkpoint copies nothing and costs only the bytes since its base. Its digest is BLAKE3 of the base's
//! digest (64 hex digits) and these bytes; without a base, of all bytes of the log.

use super::error::StoreError;
use super::history::{History, How, Reachable};
use super::ledger::{Event, Ledger, LedgerRow, digest_hex};
use super::pending::without_pending;
use super::state::LogState;
use crate::source::{ByteSource, Pieces, SourceError};
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// Entries after which a writer takes a checkpoint.
const DEFAULT_ENTRIES: u64 = 100;
/// Bytes after which a writer takes a checkpoint.
const DEFAULT_BYTES: u64 = 1 << 20;
/// Minimum time between two checkpoints of a writer, in milliseconds. Bulk appends reach the other two limits many
/// times a second, and nobody returns to a state of half a second ago.
const DEFAULT_APART_MS: i64 = 1000;

/// When a writer takes checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// Take one before the first entry of each run, the state that users want back most often.
    pub before: bool,
    /// Take one after this many entries.
    pub entries: u64,
    /// Take one after this many bytes.
    pub bytes: u64,
    /// Minimum time since the previous one, in milliseconds.
    pub apart_ms: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { before: true, entries: DEFAULT_ENTRIES, bytes: DEFAULT_BYTES, apart_ms: DEFAULT_APART_MS }
    }
}

impl Policy {
    /// True if a checkpoint is due at a sync point. `last_ms`: time of this writer's previous one.
    #[must_use]
    pub const fn due(&self, entries: u64, bytes: u64, last_ms: Option<i64>, now_ms: i64) -> bool {
        let far_enough = match last_ms {
            Some(last) => now_ms.saturating_sub(last) >= self.apart_ms || now_ms < last,
            None => true,
        };
        bytes > 0 && far_enough && (entries >= self.entries || bytes >= self.bytes)
    }
}

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Decides which checkpoints stay on offer: all of the last hour, the newest of each hour for a day, the newest of each
/// day after that, and all with `always`. `rows`: time and `always` of each, newest first.
#[must_use]
pub fn thinned(rows: &[(i64, bool)], now_ms: i64) -> Vec<bool> {
    let mut filled = BTreeSet::new();
    rows.iter()
        .map(|&(at, always)| {
            let age = now_ms.saturating_sub(at);
            let period = if age <= HOUR_MS {
                return true;
            } else if age <= DAY_MS {
                HOUR_MS
            } else {
                DAY_MS
            };
            let first = filled.insert((period, at.div_euclid(period)));
            always || first
        })
        .collect()
}

/// The states on offer to return to, newest first.
#[must_use]
pub fn offered(history: &History<'_>, now_ms: i64) -> Vec<Reachable> {
    let all = history.reachable();
    let rows: Vec<(i64, bool)> = all
        .iter()
        .map(|state| {
            let at = history.row(state.row).and_then(LedgerRow::at_ms).unwrap_or_default();
            (at, state.how != How::Cut)
        })
        .collect();
    all.into_iter().zip(thinned(&rows, now_ms)).filter_map(|(state, kept)| kept.then_some(state)).collect()
}

/// A checkpoint row for the first `len` bytes of the log; its base is the newest state that is a prefix of them.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn row(
    ledger: &Ledger,
    log: &(impl ByteSource + ?Sized),
    len: u64,
    leaf: Option<String>,
    now_ms: i64,
    note: &str,
) -> Result<LedgerRow, StoreError> {
    let base = base(ledger, log, len)?;
    let (from, seed) = base.map_or((0, None), |(_, row)| (row.logical_len, Some(row.digest.as_str())));
    let digest = digest_hex(&digest(seed, log, from..len)?);
    let mut row = LedgerRow::new(Event::Checkpoint, now_ms, len, digest, note);
    row.branch_leaf = leaf;
    row.base = base.map(|(number, _)| number);
    row.fingerprint = Some(LogState::of(log, len)?.fingerprint);
    Ok(row)
}

/// The base: row number and row of the newest state in the session's history that is a prefix of the first `len` bytes.
/// That is the newest state of all, unless another program cut the log.
fn base<'l>(
    ledger: &'l Ledger,
    log: &(impl ByteSource + ?Sized),
    len: u64,
) -> Result<Option<(u64, &'l LedgerRow)>, SourceError> {
    for state in History::of(ledger).reachable() {
        let (Some(row), Some(&number)) = (ledger.rows.get(state.row), ledger.numbers.get(state.row)) else { continue };
        let Some(then) = row.state().filter(|then| then.len <= len) else { continue };
        if then.len == 0 || then.begins(log)? {
            return Ok(Some((number, row)));
        }
    }
    Ok(None)
}

/// BLAKE3 of the base's digest, if there is one, and a range of the log.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn digest(
    seed: Option<&str>,
    log: &(impl ByteSource + ?Sized),
    range: Range<u64>,
) -> Result<blake3::Hash, SourceError> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(seed.unwrap_or_default().as_bytes());
    let mut pieces = Pieces::new(log, range);
    while let Some((_, bytes)) = pieces.read()? {
        hasher.update(bytes);
    }
    Ok(hasher.finalize())
}

/// Compares the log with the digests of all states that are prefixes of it; returns the first range that differs.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn first_difference(ledger: &Ledger, log: &(impl ByteSource + ?Sized)) -> Result<Option<Range<u64>>, SourceError> {
    let ledger = without_pending(ledger, Some(log))?;
    let history = History::of(&ledger);
    let states = history.reachable();
    // Newest states come first; the oldest state that contains a range names it.
    for state in states.iter().rev().filter(|state| state.how == How::Cut) {
        let Some(row) = history.row(state.row) else { continue };
        let base = history.base(state.row).and_then(|base| history.row(base));
        let from = base.map_or(0, |base| base.logical_len);
        let range = from..row.logical_len;
        let differs = range.end > log.len()
            || range.start > range.end
            || digest_hex(&digest(base.map(|base| base.digest.as_str()), log, range.clone())?) != row.digest;
        if differs {
            return Ok(Some(range));
        }
    }
    Ok(None)
}
