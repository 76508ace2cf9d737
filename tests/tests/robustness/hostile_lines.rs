//! Lines made to cost: long, deep, never closed.
//!
//! Owns: that salvage and the look at a log's start do work that grows with the bytes alone, and can be interrupted.

use jcode_session_core::dialect::{detect, present};
use jcode_session_core::log::{LineReader, Outcome};
use jcode_session_core::source::{ByteSource, SliceSource, SourceError};
use std::ops::ControlFlow;

/// A source that is in memory, and must not be copied.
struct ViewOnly<'a>(&'a [u8]);

impl ByteSource for ViewOnly<'_> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, _: u64, _: &mut [u8]) -> Result<(), SourceError> {
        panic!("copied")
    }

    fn view(&self) -> Option<&[u8]> {
        Some(self.0)
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

#[test]
fn a_log_in_memory_is_sniffed_without_a_copy() {
    let mut log = "{\"a\":".repeat(1 << 20);
    log.push_str("\n{\"type\":\"session\",\"id\":\"s\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"cwd\":\"/\"}\n");
    let of_view = detect(&ViewOnly(log.as_bytes())).expect("in memory");
    assert_eq!(of_view.header.expect("behind the broken line").session_id.as_deref(), Some("s"));
}

#[test]
fn the_look_at_a_start_without_records_can_be_interrupted() {
    let log = "{\"a\":\n".repeat(1 << 20);
    let mut ticks = 0;
    let stopped = present(SliceSource(log.as_bytes()), &mut |_| {
        ticks += 1;
        ControlFlow::Break(())
    });
    assert_eq!((stopped.err(), ticks), (Some(SourceError::Interrupted), 1));
}
