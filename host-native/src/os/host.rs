//! Facts that only the running system knows: the time, the boot id, unique ids, living processes.
//!
//! Owns: these queries.
//! Invariant: a boot id never repeats across boots. The time is never cached.

use std::path::Path;
use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The present time, in Unix milliseconds.
#[must_use]
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Now, in Unix nanoseconds.
pub(crate) fn now_ns() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)
}

/// A moment from which durations are measured.
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// A number that no other call returns, here or elsewhere.
pub(crate) fn new_number() -> u64 {
    let (time, random) = uuid::Uuid::now_v7().as_u64_pair();
    time.rotate_left(16) ^ random
}

/// A new unique id that sorts after all ids that this process made before.
#[must_use]
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// The id of this boot; `None` if the system has none.
///
/// Unsynced writes are whole as long as the same boot runs: only a power cut or a system crash can lose them, and both
/// end the boot.
pub fn boot_id() -> Option<&'static str> {
    static BOOT: OnceLock<Option<String>> = OnceLock::new();
    BOOT.get_or_init(read_boot_id).as_deref()
}

fn read_boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim().to_string()).filter(|id| !id.is_empty())
}

/// True if the file holds the number of a living process.
#[must_use]
pub fn is_alive_by(file: &Path) -> bool {
    let pid = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok());
    pid.is_some_and(is_alive)
}

/// True if a process with this number is alive.
#[must_use]
pub fn is_alive(pid: i32) -> bool {
    cfg_if::cfg_if! {
        if #[cfg(unix)] {
            let Some(pid) = rustix::process::Pid::from_raw(pid).filter(|_| pid > 0) else { return false };
            // A refusal means that the process is alive and belongs to another user.
            !matches!(rustix::process::test_kill_process(pid), Err(rustix::io::Errno::SRCH))
        } else {
            // There is no cheap query, so assume that it may be alive.
            pid > 0
        }
    }
}
