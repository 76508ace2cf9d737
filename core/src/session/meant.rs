//! Entries by what a person types: a key, or the start of one.
//!
//! Owns: which entry a word means. Invariant: a whole key goes before the start of a longer one; a start that several
//! keys have means none of them.

use super::{Entry, LocateError, Locator, ReadError, Session, Spot};
use crate::source::ByteSource;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Keys that an ambiguity names.
pub(super) const NAMED: usize = 5;

impl<S: ByteSource, L: Locator> Session<S, L> {
    /// The entry with this key, or the only one whose key begins so.
    ///
    /// # Errors
    /// If the log cannot be read, or there is no such entry, or several.
    pub fn meant(&self, word: &str) -> Result<Entry, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            let spot = meant(locator, word)?;
            let entry = self.claimed(&spot)?;
            locator.check(&spot, &entry, None)?;
            found = Some(entry);
            Ok(())
        })?;
        found.ok_or_else(|| ReadError::NoEntry(word.to_string()))
    }

    /// The whole key of the entry with this key, or of the only one whose key begins so.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry, or several.
    pub fn key_of(&self, word: &str) -> Result<String, ReadError> {
        let mut found = None;
        self.ask(|locator| {
            found = Some(meant(locator, word)?.key);
            Ok(())
        })?;
        found.ok_or_else(|| ReadError::NoEntry(word.to_string()))
    }

    /// The starts of keys that are long enough to mean their entries, in the order of the keys.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn short_keys(&self, keys: &[&str]) -> Result<Vec<String>, ReadError> {
        let mut short = Vec::new();
        self.ask(|locator| {
            short.clear();
            for key in keys {
                short.push(shortest(locator, key)?.to_string());
            }
            Ok(())
        })?;
        Ok(short)
    }
}

/// Lengths of starts that are tried: ids made from the time share their first digits with their neighbours.
const LENGTHS: [usize; 3] = [8, 13, 18];

fn shortest<'k>(locator: &dyn Locator, key: &'k str) -> Result<&'k str, LocateError> {
    for start in LENGTHS.iter().filter_map(|&len| key.get(..len)) {
        if locator.starting(start, 2)?.len() == 1 {
            return Ok(start);
        }
    }
    Ok(key)
}

fn meant(locator: &dyn Locator, word: &str) -> Result<Spot, LocateError> {
    match locator.find(word)? {
        Some(spot) => Ok(spot),
        None => one_of(locator, word),
    }
}

/// The only entry whose key begins with a word.
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
        // The index in memory knows all there is; a sidecar may only lack it.
        (None, _) if locator.is_final() => Err(LocateError::Failed(ReadError::NoEntry(start.to_string()))),
        (None, _) => Err(LocateError::Mismatch),
    }
}
