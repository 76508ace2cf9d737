//! Calls that another program may refuse for a moment.
//!
//! Owns: how long they are tried again. On Windows a scanner, an indexer or a copier that looks at a file keeps it from
//! being opened, replaced or removed; nowhere else is anything tried twice.
//! Invariant: a refusal that stays is told after a quarter of a second.

use crate::os::system;
use std::io;
use std::time::Duration;

/// Pauses between two tries: each is twice as long as the one before.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(128);

/// Calls until it succeeds, or fails for a reason that does not pass.
pub(crate) fn patiently<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let mut pause = SHORTEST;
    loop {
        match call() {
            Err(error) if pause <= LONGEST && system::may_pass(&error) => {
                std::thread::sleep(pause);
                pause *= 2;
            }
            done => return done,
        }
    }
}
