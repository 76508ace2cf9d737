//! The system calls of a command, and what a crash between them leaves on the disk.
//!
//! Owns: the record of a real run, taken by `strace`, so that nothing that writes can be missed: SQLite and libraries
//! are in it like our own code. [`disk`] carries the calls out and lists what may survive.
//! Invariant: a call that changes files and is not understood is an error, never left out.
//! Does not: judge what is found.

pub mod disk;
mod parse;

use crate::program::binary;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many bytes a call may write and still be recorded whole.
const LONGEST: &str = "4000000";

/// What is recorded: every call that changes a file, and those that say which file a number means.
const TRACED: &str = "openat,open,creat,close,dup,dup2,dup3,fcntl,lseek,write,pwrite64,writev,pwritev,pwritev2,ftruncate,\
    truncate,fallocate,copy_file_range,sendfile,splice,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,\
    unlinkat,mkdir,mkdirat,rmdir,fsync,fdatasync,sync_file_range,msync";

/// One call that took effect. Files are named by the number under which the process has them open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// A file is open.
    Open {
        /// Its number.
        number: i64,
        /// Its path.
        path: PathBuf,
        /// It may have been made by this.
        create: bool,
        /// It was emptied.
        truncate: bool,
        /// Writes go to its end.
        append: bool,
    },
    /// Another number for an open file.
    Duplicate(i64, i64),
    /// A number means nothing any more.
    Close(i64),
    /// The place of an open file was set.
    Seek(i64, u64),
    /// Bytes were written: at an offset, or at the file's place.
    Write(i64, Option<u64>, Vec<u8>),
    /// A file has a new length.
    Cut(i64, u64),
    /// A file is at least so long.
    Extend(i64, u64),
    /// A file, or the names in a folder, are on the disk.
    Sync(i64),
    /// A name moved.
    Rename(PathBuf, PathBuf),
    /// A second name.
    Link(PathBuf, PathBuf),
    /// A name is gone.
    Remove(PathBuf),
    /// A new folder.
    MakeFolder(PathBuf),
}

/// True if runs can be recorded here; a test says so and stops where they cannot.
#[must_use]
pub fn available() -> bool {
    let traced = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    traced.is_ok_and(|status| status.success())
}

/// Runs the command line in `home`, and returns what it did, and the code it ended with.
///
/// # Panics
/// If it cannot be recorded.
#[must_use]
pub fn record(home: &Path, args: &[String], input: &[u8]) -> (Vec<Call>, i32) {
    let trace = tempfile::NamedTempFile::new().expect("a temporary file");
    let stdin = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(stdin.path(), input).expect("written");
    let status = Command::new("strace")
        .args(["-f", "-q", "-xx", "-s", LONGEST, "-e", "signal=none", "-e"])
        .arg(format!("trace={TRACED}"))
        .arg("-o")
        .arg(trace.path())
        .arg(binary())
        .args(args)
        .env("JCODE_HOME", home)
        .env("NO_COLOR", "1")
        .current_dir(home)
        .stdin(std::fs::File::open(stdin.path()).expect("opens"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .output()
        .expect("strace runs")
        .status;
    let text = std::fs::read_to_string(trace.path()).expect("a trace is text");
    (parse::calls(&text, home), status.code().unwrap_or(-1))
}
