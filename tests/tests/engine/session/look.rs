//! Looking into a session: outline, pages and paths by number, places, tokens; from a sidecar, from an index
//! in memory, and by other means.

use jcode_session_core::dialect::{detect, present};
use jcode_session_core::index::row::Seq;
use jcode_session_core::session::{Locator, NoSidecar, Outline, Session, Timeline, TokenUsage};
use jcode_session_core::source::SliceSource;
use jcode_session_native::session::Session as NativeSession;
use jcode_session_native::sidecar::sql::SidecarReader;
use jcode_session_tests::effort::cases;
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{Sample, damaged_tree_v3};
use proptest::prelude::*;
use std::ops::ControlFlow;

fn without_sidecar(bytes: &[u8]) -> Session<SliceSource<'_>, NoSidecar> {
    let detected = detect(&SliceSource(bytes)).expect("readable");
    let log = present(SliceSource(bytes), &detected, &mut |_| ControlFlow::Continue(())).expect("readable");
    Session::new(log, detected, None)
}

fn with_sidecar<'b>(bytes: &'b [u8], dir: &LogDir) -> Session<SliceSource<'b>, SidecarReader> {
    let detected = detect(&SliceSource(bytes)).expect("readable");
    let log = present(SliceSource(bytes), &detected, &mut |_| ControlFlow::Continue(())).expect("readable");
    let connection = rusqlite::Connection::open(dir.sidecar()).expect("a sidecar");
    Session::new(log, detected, Some(SidecarReader::new(connection).expect("a sidecar")))
}

fn all<L: Locator>(session: &Session<SliceSource<'_>, L>, outline: &Outline) -> Vec<Seq> {
    let count = Seq::try_from(session.counts().expect("counts").entries).expect("a number");
    assert!((0..count).all(|seq| outline.node_of(seq).is_some()), "an entry is on no run");
    let lengths: u64 = outline.nodes.iter().map(jcode_session_core::session::Node::len).sum();
    assert_eq!(lengths, u64::from(count), "an entry is on two runs");
    (0..count).collect()
}

/// The same from both, and what the reader that walks up line by line gives.
fn check(sample: &Sample) {
    let dir = LogDir::new(&sample.bytes);
    dir.update();
    let (memory, sidecar) = (without_sidecar(&sample.bytes), with_sidecar(&sample.bytes, &dir));
    let outline = memory.outline().expect("an outline");
    assert_eq!(sidecar.outline().expect("an outline"), outline);
    assert!(sidecar.memory().is_none(), "the sidecar had to answer");
    let entries = all(&memory, &outline);
    let listed = memory.listed(entries.clone(), 1 << 20).expect("a page");
    assert_eq!(sidecar.listed(entries.clone(), 1 << 20).expect("a page"), listed);
    let native = NativeSession::read(&dir.log()).expect("a session");
    let mut in_file_order = Vec::new();
    native.file_order(None, &mut |entry| in_file_order.push(entry.line)).expect("entries");
    let lines: Vec<&Vec<u8>> = listed.iter().map(|entry| entry.line.as_ref().expect("a short line")).collect();
    assert!(lines.into_iter().eq(&in_file_order));
    let last = entries.last().copied().unwrap_or_default();
    for entry in &listed {
        let seq = entry.seq.expect("a number");
        let path = outline.path_to(seq);
        let mut walked = Vec::new();
        native.path_to(Some(&entry.key), None, &mut |entry| walked.push(entry.line)).expect("a path");
        let read = memory.listed(path.entries(0, usize::MAX), 1 << 20).expect("a path");
        assert!(read.iter().filter_map(|entry| entry.line.as_ref()).eq(&walked), "path to {}", entry.key);
        assert_eq!((path.len(), path.position(seq)), (walked.len() as u64, Some(walked.len() as u64 - 1)));
        let leaf = outline.leaf_below(seq, last).expect("a leaf");
        assert!(outline.path_to(leaf).position(seq).is_some(), "{} is not above its leaf", entry.key);
        for offset in [entry.span.offset, entry.span.offset + entry.span.len - 1] {
            assert_eq!(memory.at_offset(offset).expect("an entry").map(|spot| spot.seq), Some(seq));
            assert_eq!(sidecar.at_offset(offset).expect("an entry").map(|spot| spot.seq), Some(seq));
        }
    }
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn all_ways_to_an_entry_agree(sample in damaged_tree_v3(40)) {
        check(&sample);
    }
}

const HEADER: &str = r#"{"type":"session","version":3,"id":"s","timestamp":"2026-01-01T00:00:00Z","cwd":"/"}"#;

fn log(entries: &[&str]) -> String {
    let mut log = format!("{HEADER}\n");
    for (number, entry) in entries.iter().enumerate() {
        let parent = number.checked_sub(1).map_or("null".to_string(), |before| format!(r#""e{before}""#));
        log += &format!(
            r#"{{"type":"message","id":"e{number}","parentId":{parent},"timestamp":"2026-01-01T00:00:0{number}Z","message":{entry}}}"#
        );
        log.push('\n');
    }
    log
}

#[test]
fn tokens_are_those_of_both_writers() {
    let bytes = log(&[
        r#"{"role":"user","content":"no usage here"}"#,
        r#"{"role":"assistant","usage":{"input":10,"output":2,"cacheRead":5,"cacheWrite":1,"cost":{"input":1,"total":0.25}}}"#,
        r#"{"role":"assistant","token_usage":{"input_tokens":100,"output_tokens":20,"cache_read_input_tokens":50}}"#,
        r#"{"role":"assistant","content":[{"usage":{"input":9999}}]}"#,
        r#"{"role":"assistant","usage":{"input":-3,"output":"x","cost":"free"}}"#,
    ]);
    let session = without_sidecar(bytes.as_bytes());
    let mut token_usage = TokenUsage::default();
    session.index(&mut token_usage, &mut |_| ControlFlow::Continue(())).expect("an index");
    let total = token_usage.total();
    assert_eq!((total.messages, total.input, total.output), (3, 110, 22));
    assert_eq!((total.cache_read, total.cache_write, total.cost), (55, 1, 0.25));
    let timeline = Timeline::new(session.memory().expect("an index"), &token_usage, 2);
    let buckets: Vec<_> = timeline.buckets.iter().map(|b| (b.entries, b.messages, b.input, b.output)).collect();
    assert_eq!(buckets, [(3, 3, 166, 22), (2, 2, 0, 0)]);
    assert_eq!(timeline.buckets.iter().map(|b| b.bytes).sum::<u64>(), bytes.len() as u64 - HEADER.len() as u64 - 6);
}
