//! The system calls of a command, and the states that a crash between them leaves on the disk.
//!
//! Owns: the record of a real run, taken by `strace`, so that no write is missed: SQLite and libraries are recorded
//! like our own code. [`disk`] applies the calls and lists the states that may survive.
//! Invariant: a call that changes files and is not understood is an error; it is never left out.

pub mod disk;
mod parse;

use crate::program::binary;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The longest write that is recorded whole, in bytes.
const LONGEST: &str = "4000000";

/// The recorded calls: every call that changes a file, and the calls that tell which file a number means.
const TRACED: &str = "openat,open,creat,close,dup,dup2,dup3,fcntl,lseek,write,pwrite64,writev,pwritev,pwritev2,ftruncate,\
    truncate,fallocate,copy_file_range,sendfile,splice,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,\
    unlinkat,mkdir,mkdirat,rmdir,fsync,fdatasync,syncfs,sync_file_range,msync";

/// One successful call. Files are identified by their numbers in the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Opens a file.
    Open {
        /// The file's number.
        number: i64,
        /// Its path.
        path: PathBuf,
        /// The call may have created the file.
        create: bool,
        /// The call emptied the file.
        truncate: bool,
        /// Writes go to the end of the file.
        append: bool,
    },
    /// Gives an open file a second number.
    Duplicate(i64, i64),
    /// Closes a number.
    Close(i64),
    /// Sets the position of an open file.
    Seek(i64, u64),
    /// Writes bytes: at an offset, or at the file's position.
    Write(i64, Option<u64>, Vec<u8>),
    /// Sets the length of a file.
    Cut(i64, u64),
    /// Extends a file to at least this length.
    Extend(i64, u64),
    /// Syncs a file, or the names in a folder (`fsync`).
    Sync(i64),
    /// Syncs the bytes of a file (`fdatasync`).
    SyncData(i64),
    /// Syncs the whole file system.
    SyncAll,
    /// Renames.
    Rename(PathBuf, PathBuf),
    /// Adds a second name.
    Link(PathBuf, PathBuf),
    /// Removes a name.
    Remove(PathBuf),
    /// Makes a folder.
    MakeFolder(PathBuf),
}

/// True if runs can be recorded here. Where they cannot, a test says so and stops.
#[must_use]
pub fn available() -> bool {
    let traced = Command::new("strace").args(["-f", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    traced.is_ok_and(|status| status.success())
}

/// Runs the command line in `home`. Returns its calls and its exit code.
///
/// # Panics
/// Panics if the run cannot be recorded.
#[must_use]
pub fn record(home: &Path, args: &[String], input: &[u8]) -> (Vec<Call>, i32) {
    let (calls, code) = record_threads(home, args, input);
    (calls.into_iter().map(|(_, call)| call).collect(), code)
}

/// Like [`record`], with the thread that made each call.
///
/// # Panics
/// Panics if the run cannot be recorded.
#[must_use]
pub fn record_threads(home: &Path, args: &[String], input: &[u8]) -> (Vec<(u32, Call)>, i32) {
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
