//! Whole processes: their time, their memory, the bytes that they write.
//!
//! Owns: running and watching a child. Memory is sampled every 2 ms from `/proc`, so a peak between two samples is
//! missed. Times are taken in runs without sampling.

use crate::Outcome;
use crate::turns::timed;
use anyhow::{Context, bail};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

const SAMPLES_APART: Duration = Duration::from_millis(2);

/// The resources that a process used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    /// Peak of anonymous memory, bytes.
    pub anonymous: f64,
    /// Peak of all resident memory, mapped files included, bytes.
    pub resident: f64,
    /// Bytes passed to write calls.
    pub written: f64,
}

/// Seconds from before a process is started until it is gone.
pub fn time(command: &mut Command) -> Outcome<f64> {
    timed(|| {
        let status = silent(command).status().with_context(|| format!("{command:?}"))?;
        if !status.success() {
            bail!("{command:?}: {status}");
        }
        Ok(())
    })
}

/// Runs a process and samples its memory.
pub fn watch(command: &mut Command) -> Outcome<Usage> {
    let mut child = silent(command).spawn().with_context(|| format!("{command:?}"))?;
    let pid = Pid::from_child(&child);
    let files = format!("/proc/{}", child.id());
    let mut usage = Usage::default();
    // Not reaped yet, so that its counters can be read once more after it has ended.
    while waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG)?.is_none() {
        let status = fs::read_to_string(format!("{files}/status")).unwrap_or_default();
        usage.anonymous = usage.anonymous.max(kib(&status, "RssAnon:"));
        usage.resident = usage.resident.max(kib(&status, "VmHWM:"));
        std::thread::sleep(SAMPLES_APART);
    }
    let io = fs::read_to_string(format!("{files}/io")).unwrap_or_default();
    usage.written = number(&io, "wchar:").unwrap_or(f64::NAN);
    let status = child.wait()?;
    if !status.success() {
        bail!("{command:?}: {status}");
    }
    Ok(usage)
}

/// Bytes that this process has passed to write calls so far.
pub fn written_so_far() -> f64 {
    number(&fs::read_to_string("/proc/self/io").unwrap_or_default(), "wchar:").unwrap_or(f64::NAN)
}

/// Bytes that this process has had read from disks so far, pages of maps among them.
pub fn read_from_disk() -> Outcome<u64> {
    let io = fs::read_to_string("/proc/self/io")?;
    Ok(number(&io, "read_bytes:").context("it counts bytes")? as u64)
}

/// Empties the page cache; false if this user may not.
pub fn forget_files() -> bool {
    rustix::fs::sync();
    fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

fn silent(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

fn kib(status: &str, key: &str) -> f64 {
    number(status, key).unwrap_or_default() * 1024.0
}

fn number(text: &str, key: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}
