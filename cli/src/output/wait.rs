//! Waiting while somebody reads.
//!
//! Owns: how a reader that went away is noticed before something is written to it.
//! Invariant: nothing spins: a wait lasts as long as asked for, unless the reader goes or a signal arrives.

use std::time::Duration;

/// Waits this long, less if the reader of standard output goes away; true if it did.
#[cfg(unix)]
pub(super) fn until_closed(at_most: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let stdout = std::io::stdout();
    // Errors and hang-ups are reported without being asked for.
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    match poll(&mut watched, Timespec::try_from(at_most).ok().as_ref()) {
        Ok(0) | Err(rustix::io::Errno::INTR) => false,
        Ok(_) if watched.iter().any(|one| one.revents().intersects(PollFlags::ERR | PollFlags::HUP)) => true,
        // There are systems that cannot watch every kind of file.
        Ok(_) | Err(_) => {
            std::thread::sleep(at_most);
            false
        }
    }
}

/// Waits this long.
#[cfg(not(unix))]
pub(super) fn until_closed(at_most: Duration) -> bool {
    std::thread::sleep(at_most);
    false
}
