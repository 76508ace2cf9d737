//! Findings about names beside a log that something else occupies.
//!
//! Owns: the code of each such finding.
//! Invariant: the log is read all the same; a finding says what cannot be done until the name is free.

use crate::os::names::all;
use crate::os::paths;
use crate::os::standing::InTheWay;
use jcode_session_core::finding::{Code, Finding};
use std::path::Path;

/// One finding for each occupied name that a writer of the session needs.
pub(crate) fn findings(log: &Path) -> Vec<Finding> {
    all(log).into_iter().map(|found| finding(log, &found)).collect()
}

fn finding(log: &Path, found: &InTheWay) -> Finding {
    let store = paths::store(log);
    let (code, what) = if found.path == paths::lock(log) {
        (Code::Unreadable, "nobody can write the session")
    } else if found.path == store {
        (Code::LedgerBroken, "what was recorded and set aside is not seen, nor are segments, and nothing can be")
    } else if found.path.starts_with(store.join("segments")) {
        (Code::SegmentDamaged, "segments of the log, if there are any, are not seen")
    } else if found.path.starts_with(&store) {
        (Code::LedgerBroken, "what was recorded or set aside is not seen, and nothing can be")
    } else {
        (Code::TemporaryFile, "nothing can be written aside")
    };
    Finding::new(code).say(format!("{found}; until then {what}"))
}
