//! The environment of a run: the machine, the file system, versions.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Number of processes that were ready to run before the first measurement.
pub const LOAD: &str = "load before";

/// Names and values, as far as they are known. `data` is the folder of the measured files.
pub fn facts(data: &Path) -> Vec<(String, String)> {
    let facts = [
        ("processor", line_of("/proc/cpuinfo", "model name")),
        ("cores", std::thread::available_parallelism().ok().map(|cores| cores.to_string())),
        ("memory", line_of("/proc/meminfo", "MemTotal")),
        ("kernel", fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|kernel| kernel.trim().to_owned())),
        ("file system", file_system(data)),
        (LOAD, fs::read_to_string("/proc/loadavg").ok().and_then(|load| first_word(&load))),
        ("build", Some(if cfg!(debug_assertions) { "debug" } else { "release" }.to_owned())),
        ("jcode-session", Some(env!("CARGO_PKG_VERSION").to_owned())),
        ("commit", said("git", &["rev-parse", "--short", "HEAD"])),
        ("rustc", said("rustc", &["--version"])),
        ("SQLite", Some(rusqlite::version().to_owned())),
    ];
    facts.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn line_of(file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let (_, value) = text.lines().find(|line| line.starts_with(key))?.split_once(':')?;
    Some(value.trim().to_owned())
}

fn first_word(text: &str) -> Option<String> {
    text.split_whitespace().next().map(str::to_owned)
}

/// The type of the mount that holds the path.
fn file_system(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mounts = mounts.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let longest = mounts.filter(|(mount, _)| path.starts_with(mount)).max_by_key(|(mount, _)| mount.len());
    longest.map(|(_, kind)| kind.to_owned())
}

fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
