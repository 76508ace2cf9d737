//! Parses the output of `strace -f -xx` into calls.

use super::Call;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The successful calls with their threads, in the order in which they ended.
pub(super) fn calls(trace: &str, home: &Path) -> Vec<(u32, Call)> {
    let mut begun: BTreeMap<&str, &str> = BTreeMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let Some((process, text)) = line.split_once(' ') else { continue };
        let text = text.trim_start();
        let thread = process.parse().expect("a number of a thread");
        if let Some(start) = text.strip_suffix(" <unfinished ...>") {
            begun.insert(process, start);
        } else if let Some(rest) = text.strip_prefix("<... ") {
            let (_, rest) = rest.split_once(" resumed>").expect("a call that goes on");
            let start = begun.remove(process).expect("a call that began");
            calls.extend(call(&format!("{start}{rest}"), home).map(|call| (thread, call)));
        } else {
            calls.extend(call(text, home).map(|call| (thread, call)));
        }
    }
    calls
}

fn call(text: &str, home: &Path) -> Option<Call> {
    let (name, rest) = text.split_once('(')?;
    let (args, result) = rest.rsplit_once(" = ")?;
    let result: i64 = result.split([' ', '<']).next()?.parse().ok()?;
    if result < 0 {
        return None;
    }
    let args: Vec<&str> = args.trim_end().strip_suffix(')')?.split(", ").collect();
    let number = |at: usize| -> i64 { args[at].parse().unwrap_or_else(|_| panic!("no number: {text}")) };
    let offset = |at: usize| u64::try_from(number(at)).expect("no negative offset");
    let path = |at: usize| home.join(PathBuf::from(OsString::from_vec(bytes(args[at]))));
    let data = |at: usize| {
        let mut data = bytes(args[at]);
        data.truncate(usize::try_from(result).expect("a length"));
        assert_eq!(data.len() as i64, result, "cut in the record: {name}");
        data
    };
    Some(match name {
        "openat" => open(result, path(1), args[2]),
        "open" => open(result, path(0), args[1]),
        "creat" => open(result, path(0), "O_CREAT|O_TRUNC"),
        "close" => Call::Close(number(0)),
        "dup" | "dup2" | "dup3" => Call::Duplicate(number(0), result),
        "fcntl" if args[1].starts_with("F_DUPFD") => Call::Duplicate(number(0), result),
        "fcntl" => return None,
        "lseek" => Call::Seek(number(0), u64::try_from(result).expect("a place")),
        "write" => Call::Write(number(0), None, data(1)),
        "pwrite64" => Call::Write(number(0), Some(offset(3)), data(1)),
        "ftruncate" => Call::Cut(number(0), offset(1)),
        "fallocate" if args[1] == "0" => Call::Extend(number(0), offset(2) + offset(3)),
        "rename" => Call::Rename(path(0), path(1)),
        "renameat" | "renameat2" => Call::Rename(path(1), path(3)),
        "link" => Call::Link(path(0), path(1)),
        "linkat" => Call::Link(path(1), path(3)),
        "unlink" => Call::Remove(path(0)),
        "unlinkat" => Call::Remove(path(1)),
        "mkdir" => Call::MakeFolder(path(0)),
        "mkdirat" => Call::MakeFolder(path(1)),
        "fsync" => Call::Sync(number(0)),
        "fdatasync" => Call::SyncData(number(0)),
        "syncfs" => Call::SyncAll,
        // These calls guarantee nothing.
        "sync_file_range" | "msync" => return None,
        _ => panic!("a call that the model does not know: {text}"),
    })
}

fn open(number: i64, path: PathBuf, flags: &str) -> Call {
    let has = |flag: &str| flags.split('|').any(|set| set == flag);
    Call::Open { number, path, create: has("O_CREAT"), truncate: has("O_TRUNC"), append: has("O_APPEND") }
}

/// The bytes of a string that is written entirely as `\x2f`.
fn bytes(text: &str) -> Vec<u8> {
    let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).expect("a whole string");
    inside.split("\\x").skip(1).map(|byte| u8::from_str_radix(byte, 16).expect("two digits")).collect()
}
