//! A process that is killed at a moment of chance.
//!
//! Owns: the moment: a number of bytes that the process has read and written so far, or of its reads and writes, up to
//! what a whole run takes. So it falls into long copies and between short steps, and nothing waits.

use jcode_session_tests::program::{Run, command, finished};
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Output};

/// What the moment of a kill is counted in, by the names that `/proc/PID/io` has for it.
pub(super) const COUNTED: [[&str; 2]; 2] = [["rchar: ", "wchar: "], ["syscr: ", "syscw: "]];

/// A process that has ended.
pub(super) struct Ended {
    /// How much was counted.
    pub(super) seen: u64,
    /// Whether it was killed before it ended.
    pub(super) killed: bool,
    /// What it said until then.
    pub(super) run: Run,
}

/// A process that runs. What it says goes to files: a full pipe would hold it until somebody reads.
pub(super) struct Started {
    child: Child,
    said: [File; 2],
}

/// Starts a command in a home, with this file as its input.
pub(super) fn start(home: &Path, args: &[&str], input: Option<&Path>) -> Started {
    let mut command = command(home);
    if let Some(input) = input {
        command.stdin(File::open(input).expect("an input"));
    }
    let said = [(); 2].map(|()| tempfile::tempfile().expect("a file"));
    let [out, errors] = said.each_ref().map(|file| file.try_clone().expect("a second handle"));
    Started { child: command.args(args).stdout(out).stderr(errors).spawn().expect("it starts"), said }
}

/// Kills a process once its reads and writes come to so much.
pub(super) fn watch(started: Started, counted: [&str; 2], until: u64) -> Ended {
    let Started { mut child, said } = started;
    let io = format!("/proc/{}/io", child.id());
    let mut seen = 0;
    while child.try_wait().expect("known").is_none() {
        let Ok(text) = fs::read_to_string(&io) else { continue };
        let numbers = text.lines().filter_map(|line| counted.iter().find_map(|name| line.strip_prefix(name)));
        seen = numbers.filter_map(|number| number.parse::<u64>().ok()).sum::<u64>().max(seen);
        if seen >= until {
            child.kill().expect("kills");
            break;
        }
    }
    let status = child.wait().expect("reaps");
    let [stdout, stderr] = said.map(|mut file| {
        let mut bytes = Vec::new();
        file.rewind().and_then(|()| file.read_to_end(&mut bytes)).expect("read");
        bytes
    });
    Ended { seen, killed: status.signal().is_some(), run: finished(Output { status, stdout, stderr }) }
}
