//! Generated logs are as promised: well-formed, damaged, or equal for equal seeds.

mod damaged;
mod well_formed;

use crate::generate::{IdStyle, LogShape};

fn shape(entries: usize) -> LogShape {
    LogShape { entries, entry_bytes: 300, branch_percent: 15, ids: IdStyle::Mixed }
}
