//! The order of hits.
//!
//! Owns: newest first. Invariant: total for the entries of different places: by time, then by path, then by offset, each
//! from the greatest down, so that of two entries of a log that have one time the later one comes first; those without
//! a time come last.

use super::Found;
use core::cmp::Ordering;

/// Compares two hits, each with the path of its log.
#[must_use]
pub fn newest_first(a: (&Found, &[u8]), b: (&Found, &[u8])) -> Ordering {
    let key = |(found, path): (&Found, _)| (found.ts, path, found.offset);
    key(b).cmp(&key(a))
}
