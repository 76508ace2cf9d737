//! Sessions of other agents, shown as logs: held against readers that share nothing with the engine.

mod claude_code;
mod codex;
mod copilot;
mod cursor;
mod gemini;
mod opencode;
mod qwen;

use jcode_session_core::dialect::{FileKind, detect, present};
use jcode_session_core::finding::Finding;
use jcode_session_core::index::IndexBuilder;
use jcode_session_core::log::{LogScan, scan_source};
use jcode_session_core::source::{ByteSource, SliceSource};
use jcode_session_tests::generate::agents::{damaged_lines, lines};
use jcode_session_tests::generate::random;
use jcode_session_tests::oracle::agents::{Said, Shown};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// The log that shows a source, its bytes, and what is wrong with the source.
fn show(source: &[u8], dialect: &str) -> (Shown, Vec<u8>, Vec<Finding>) {
    let detected = detect(&SliceSource(source)).expect("in memory");
    assert_eq!((detected.kind, detected.dialect.name()), (FileKind::Foreign, dialect));
    let log = present(SliceSource(source), &detected, &mut |_| ControlFlow::Continue(())).expect("readable");
    let bytes = log.read_vec(0, usize::try_from(log.len()).expect("small")).expect("in memory");
    let mut builder = IndexBuilder::with_findings(());
    let end = scan_source(&log, 0..log.len(), LogScan::full(), &mut builder, &mut |_| ControlFlow::Continue(()));
    let findings = log.at_origin(builder.finish_at(&end.expect("in memory")).findings);
    (Shown::read(&bytes), bytes, findings)
}

/// All that a sound session says is shown, and the active path is the conversation.
fn holds(source: &[u8], name: &str, expected: &Said) -> Result<(), TestCaseError> {
    let (shown, _, findings) = show(source, name);
    prop_assert!(findings.is_empty(), "{:?}", findings);
    shows_all(&shown, expected)?;
    prop_assert_eq!(shown.count("assistant"), expected.responses);
    let path = shown.active_path();
    let prompts = path.iter().filter(|entry| entry.role() == Some("user")).map(|entry| entry.texts()[0].clone());
    prop_assert_eq!(prompts.collect::<Vec<_>>(), expected.live_prompts.clone());
    for entry in shown.entries.iter().filter(|entry| entry.kind == "custom") {
        let (at, len) = *entry.sources.last().expect("a source");
        let record: Value = serde_json::from_slice(&source[at..at + len]).expect("JSON");
        let is_apart =
            entry.value["customType"] == format!("{name}/leaf") || record.to_string().contains("\"messages\"");
        prop_assert!(is_apart || entry.value["data"] == record, "{:?}", entry);
    }
    Ok(())
}

/// Every record is shown, each call with its result, and every text.
fn shows_all(shown: &Shown, expected: &Said) -> Result<(), TestCaseError> {
    let sources = shown.sources();
    for span in &expected.records {
        prop_assert!(sources.contains(span), "{:?} is shown nowhere", span);
    }
    prop_assert_eq!(shown.calls(), expected.calls);
    prop_assert_eq!(shown.count("toolResult"), expected.results);
    let said: HashSet<String> = shown.entries.iter().flat_map(|entry| entry.texts()).collect();
    for text in &expected.texts {
        prop_assert!(said.contains(text), "{} was not said", text);
    }
    Ok(())
}

/// Of a damaged session every whole line is shown, and every damage is found.
fn holds_though_damaged(source: &[u8], seed: u64, name: &str) -> Result<(), TestCaseError> {
    let (source, damage) = damaged_lines(source, &mut random(seed));
    if !detect(&SliceSource(&source)).is_ok_and(|detected| detected.dialect.name() == name) {
        return Ok(());
    }
    let (shown, _, findings) = show(&source, name);
    let sources = shown.sources();
    let mut at = 0;
    for line in source.split_inclusive(|&byte| byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let is_record = serde_json::from_slice::<Value>(content).is_ok_and(|value| value.is_object());
        prop_assert!(!is_record || sources.contains(&(at, content.len())), "the line at {} is shown nowhere", at);
        at += line.len();
    }
    prop_assert!(findings.len() >= damage.len(), "{:?} of {:?}", findings, damage);
    Ok(())
}
