//! A ledger, read without its session's lock.
//!
//! Owns: finding its files. Invariant: nothing is written.
//! Does not: judge rows; core does.

use crate::os::files::{PathError, open_plain};
use crate::os::paths;
use jcode_session_core::store::ledger::{Head, Ledger};
use std::io::{self, Read};
use std::path::Path;

/// Reads a ledger for looking at it; one that is not there has no rows.
///
/// # Errors
/// If it is there and cannot be read.
pub fn read(log: &Path) -> Result<Ledger, PathError> {
    let store = paths::store(log);
    let bytes = |name: &str| {
        let path = store.join(name);
        let mut bytes = Vec::new();
        match open_plain(&path).and_then(|(mut file, _)| file.read_to_end(&mut bytes)) {
            Ok(_) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(PathError::new("read", &path)(error)),
        }
    };
    let head = bytes("ledger.head")?.and_then(|head| Head::read(&head));
    Ok(Ledger::read(&bytes("ledger.jsonl")?.unwrap_or_default(), head.as_ref()))
}
