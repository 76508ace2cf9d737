//! Reads a ledger without its session's lock.
//!
//! Owns: finding the files of the ledger.
//! Invariant: nothing is written.

use crate::os::files::{PathError, open_plain};
use crate::os::paths;
use crate::os::standing::is_nothing;
use jcode_session_core::storage::Place;
use jcode_session_core::store::ledger::{Head, Ledger};
use std::io::Read;
use std::path::Path;

/// Reads a ledger. A ledger that does not exist, or is no regular file, has no rows.
///
/// # Errors
/// Fails if the ledger exists and cannot be read.
pub fn read(log: &Path) -> Result<Ledger, PathError> {
    let bytes = |place: &Place| {
        let path = paths::place(log, place);
        let mut bytes = Vec::new();
        match open_plain(&path).and_then(|(mut file, _)| file.read_to_end(&mut bytes)) {
            Ok(_) => Ok(Some(bytes)),
            Err(error) if is_nothing(&error) => Ok(None),
            Err(error) => Err(PathError::new("read", &path)(error)),
        }
    };
    let head = bytes(&Place::LedgerHead)?.and_then(|head| Head::read(&head));
    Ok(Ledger::read(&bytes(&Place::Ledger)?.unwrap_or_default(), head.as_ref()))
}
