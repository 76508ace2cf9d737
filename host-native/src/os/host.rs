//! Facts that only the running system knows: the time, the boot id, unique ids, living processes.
//!
//! Owns: these queries.
//! Invariant: a boot id never repeats across boots. The time is never cached.

use crate::os::system;
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

/// How many threads can run at once.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// A moment from which durations are measured.
#[must_use]
pub fn instant() -> Instant {
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
    BOOT.get_or_init(|| trimmed(system::boot_id()?)).as_deref()
}

/// The name of this machine.
#[must_use]
pub fn host_name() -> Option<String> {
    trimmed(system::host_name()?)
}

fn trimmed(text: String) -> Option<String> {
    Some(text.trim().to_string()).filter(|text| !text.is_empty())
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
    system::is_alive(pid)
}
