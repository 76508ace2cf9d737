//! Update of one session's row when its writer closes, so that the next list need not read the session.
//!
//! Owns: finding the root below which a log lies.
//! Invariant: the row is stored only if the session index exists and its lock is free at once. Any failure leaves a
//! stale row, which the next list notices. Roots are never added here; only lists add them.

use super::db::{Dropped, Store};
use super::root::path_of;
use super::{read, walk};
use crate::os::stat;
use std::path::Path;

/// Reads the session of this log again and stores its row.
pub(crate) fn update_own_row(home: &Path, log: &Path) {
    let store = Store::new(home);
    let (Ok(real), Ok(roots)) = (stat::real_path(log), store.roots()) else { return };
    for key in roots {
        let root = path_of(&key);
        if let Ok(rel) = real.strip_prefix(&root)
            && let Some(found) = walk::one(&root, rel)
            && let Some(row) = read::read(&root, &found)
        {
            store.save(&key, &Ok(()), std::iter::once(&row), Dropped::These(&[]));
        }
    }
}
