//! Finds entries by a word that a user types: a key, or the beginning of one.
//!
//! Owns: which entry a word names.
//! Invariant: a whole key wins over the beginning of a longer one. A beginning of several keys is ambiguous.

use super::{Entry, LocateError, Locator, ReadError, Session, Spot};
use crate::source::ByteSource;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Number of keys listed for an ambiguous word.
pub(super) const NAMED: usize = 5;

impl<S: ByteSource, L: Locator> Session<S, L> {
    /// The entry with this key, or the only one whose key begins with `word`.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or if no entry or several entries match.
    pub fn meant(&self, word: &str) -> Result<Entry, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            let spot = match locator.find(word)? {
                Some(spot) => spot,
                None => one_of(locator, word)?,
            };
            let entry = self.claimed(&spot)?;
            locator.check(&spot, &entry, None)?;
            found = Some(entry);
            Ok(())
        })?;
        found.ok_or_else(|| ReadError::NoEntry(word.to_string()))
    }
}

/// The only entry whose key begins with `start`.
fn one_of(locator: &dyn Locator, start: &str) -> Result<Spot, LocateError> {
    let mut spots = if start.is_empty() { Vec::new() } else { locator.starting(start, NAMED + 1)? };
    match (spots.pop(), spots.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(last), false) => {
            spots.push(last);
            let mut keys: Vec<String> = spots.into_iter().take(NAMED).map(|spot| spot.key).collect();
            keys.sort_unstable();
            Err(LocateError::Failed(ReadError::ManyEntries { start: start.to_string(), keys }))
        }
        // The index in memory has all entries; a sidecar may lack one.
        (None, _) if locator.is_final() => Err(LocateError::Failed(ReadError::NoEntry(start.to_string()))),
        (None, _) => Err(LocateError::Mismatch),
    }
}
