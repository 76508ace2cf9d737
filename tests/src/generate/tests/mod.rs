//! That generated logs are what they claim to be: well-formed where that is promised, damaged where
//! it is asked for, the same for the same seed.

mod damaged;
mod well_formed;

use crate::generate::{IdStyle, LogShape};

fn shape(entries: usize) -> LogShape {
    LogShape { entries, entry_bytes: 300, branch_percent: 15, ids: IdStyle::Mixed }
}
