//! Lines made to cost: long, deep, never closed.
//!
//! Owns: that salvage does work that grows with the bytes alone, and the look at what a file is none that grows at all.

use jcode_session_core::dialect::detect;
use jcode_session_core::log::{HEAD_BYTES, LineReader, Outcome};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_tests::files::in_memory;
use jcode_session_tests::program::{finished, limited};
use std::cell::Cell;
use std::fs;

/// A long source that repeats a few bytes, and counts what is read of it.
struct Long {
    repeats: &'static [u8],
    read: Cell<u64>,
}

impl ByteSource for Long {
    fn len(&self) -> u64 {
        1 << 40
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        self.read.set(self.read.get() + buffer.len() as u64);
        for (byte, at) in buffer.iter_mut().zip(offset..) {
            *byte = self.repeats[(at % self.repeats.len() as u64) as usize];
        }
        Ok(())
    }
}

fn entry(payload: &str) -> String {
    format!(
        "{{\"type\":\"custom\",\"id\":\"deep\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:00Z\",\"data\":{payload}}}"
    )
}

fn salvaged(line: &str) -> Vec<(u64, usize)> {
    match LineReader::new().read(0, 1, line.as_bytes(), true) {
        Outcome::Broken(salvaged) => salvaged.records.iter().map(|r| (r.offset, r.bytes.len())).collect(),
        other => panic!("not broken: {other:?}"),
    }
}

/// An entry behind a torn one is found however deep it nests: each byte is walked a fixed number of times.
#[test]
fn deep_entries_are_salvaged_behind_a_torn_one() {
    for (open, close) in [("{\"a\":", "}"), ("[", "]"), ("{\"}\\\\\":[", "]}"), ("[\"{\\\"\",", "]")] {
        let depth = 50_000;
        let deep = entry(&format!("{}1{}", open.repeat(depth), close.repeat(depth)));
        let torn = "{\"type\":\"message\",\"id\":\"t\",\"message\":{\"text\":\"it ends in \\\"";
        assert_eq!(salvaged(&format!("{torn}{deep}")), [(torn.len() as u64, deep.len())], "{open}");
    }
}

/// Objects that are opened and never closed, with and without an end that looks like one.
#[test]
fn objects_that_never_close_hold_nothing() {
    for end in ["", "1}", "\"}", "}]}", "{}"] {
        assert_eq!(salvaged(&format!("{}{end}", "{\"a\":".repeat(1 << 20))), []);
    }
}

/// What a file is takes the same time however long it is: neither one line nor a million of them is read to its end.
#[test]
fn the_look_at_a_file_is_bounded() {
    let files: [&'static [u8]; 6] =
        [b"{\"a\":", b"{\"a\":\n", b"{\"level\":1}\n", b"text", b"\0", b"{\"type\":\"message\",\"id\":\"a\"}\n"];
    for repeats in files {
        let file = Long { repeats, read: Cell::new(0) };
        let detected = detect(&file).expect("can be read");
        assert!(!detected.is_session(), "{:?}: {detected:?}", repeats.escape_ascii().to_string());
        let read = file.read.get();
        assert!(read <= 2 * HEAD_BYTES + (1 << 17), "{read} bytes were read");
    }
}

/// A record of another agent takes some multiple of its length, however small what it is made of: here eleven million
/// numbers, and objects, in 22 MB and more, under 600 MB of addresses with program, libraries and maps.
#[test]
#[cfg(target_os = "linux")]
fn a_record_of_many_small_elements_is_read_in_little_memory() {
    for (element, times) in [("1,", 11_000_000), ("{\"\":[]},", 4_000_000)] {
        let home = in_memory();
        let log = home.path().join("claude.jsonl");
        let head = r#"{"type":"user","uuid":"a1","parentUuid":null,"sessionId":"s-1","timestamp":"2025-01-01T00:00:00Z","message":{"role":"user","content":"said first"},"toolUseResult":{"data":["#;
        fs::write(&log, format!("{head}{}1]}},\"isMeta\":false}}\n", element.repeat(times))).expect("written");
        let mut limited = limited(home.path(), "ulimit -c 0; ulimit -v 600000");
        let shown = finished(limited.args(["show", "--json"]).arg(&log).output().expect("starts"));
        assert!(shown.code == 0 && shown.text().contains("said first"), "{element}: {}", shown.stderr);
    }
}
