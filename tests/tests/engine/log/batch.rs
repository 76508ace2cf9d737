//! Batches at the end of a log: cut anywhere, what readers show is the prefix of whole ones.

use jcode_session_core::log::tail::last_of_active_path;
use jcode_session_core::log::{MAX_BATCH, TornBatch, torn_batch};
use jcode_session_core::source::{ByteSource, SliceSource};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::sidecar::rebuild::Done;
use jcode_session_tests::differential::{NoView, build, compare, final_rows};
use jcode_session_tests::effort::cases;
use jcode_session_tests::files::{LogDir, ask};
use jcode_session_tests::oracle::read_log;
use proptest::prelude::*;
use std::ops::ControlFlow;

const HEADER: &str = "{\"type\":\"session\",\"version\":3,\"id\":\"s\",\"timestamp\":1,\"cwd\":\"/\"}\n";

/// A log of batches, and where it may end: behind how many bytes so many entries are shown.
struct Batches {
    bytes: Vec<u8>,
    ends: Vec<(usize, usize)>,
}

/// `sizes`: of the batches, and the length of the text in their entries. A batch of one says so only if it is even.
fn batches(sizes: &[(usize, usize)]) -> Batches {
    let mut bytes = HEADER.as_bytes().to_vec();
    let (mut number, mut ends) = (0, vec![(bytes.len(), 0)]);
    for &(size, text) in sizes {
        for at in 0..size {
            let says = at == 0 && (size > 1 || text % 2 == 0);
            let batch = if says { format!(",\"batch\":{size}") } else { String::new() };
            let parent = match number {
                0 => "null".to_string(),
                // Now and then a branch.
                n if n % 7 == 6 => format!("\"e{}\"", n - 3),
                n => format!("\"e{}\"", n - 1),
            };
            let text = "x".repeat(text);
            let line = format!(
                "{{\"type\":\"message\",\"id\":\"e{number}\",\"parentId\":{parent},\"timestamp\":{number}{batch},\
                 \"message\":{{\"role\":\"user\",\"content\":\"\\\"batch\\\":9 {text}\",\"batch\":7}}}}\n"
            );
            bytes.extend_from_slice(line.as_bytes());
            number += 1;
        }
        ends.push((bytes.len(), number));
    }
    Batches { bytes, ends }
}

impl Batches {
    /// Entries that are shown of the first `cut` bytes. A line feed alone may be missing.
    fn shown(&self, cut: usize) -> usize {
        self.ends.iter().rev().find(|(end, _)| end - 1 <= cut).map_or(0, |&(_, count)| count)
    }

    fn keys(&self, cut: usize) -> Vec<String> {
        (0..self.shown(cut)).map(|number| format!("e{number}")).collect()
    }
}

fn keys(source: &impl ByteSource) -> Vec<String> {
    final_rows(&build(source)).iter().map(|row| row.id.to_string()).collect()
}

fn torn(bytes: &[u8]) -> Option<TornBatch> {
    torn_batch(&SliceSource(bytes)).expect("read")
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn cut_anywhere_whole_batches_are_shown(sizes in prop::collection::vec((1usize..6, 0usize..40), 1..5)) {
        let log = batches(&sizes);
        for cut in HEADER.len()..=log.bytes.len() {
            let bytes = &log.bytes[..cut];
            let wanted = log.keys(cut);
            prop_assert_eq!(&keys(&SliceSource(bytes)), &wanted, "cut at {}", cut);
            prop_assert_eq!(&keys(&NoView(SliceSource(bytes))), &wanted, "read, cut at {}", cut);
            compare(bytes, &read_log(bytes));
            let oracle = read_log(bytes);
            let path = oracle.entries.len().checked_sub(1).map_or(Vec::new(), |last| oracle.path_to(last));
            let path: Vec<u64> = path.iter().map(|&entry| oracle.entries[entry].offset).collect();
            let tail = last_of_active_path(&SliceSource(bytes), 0, usize::MAX).expect("read");
            let tail = tail.map(|tail| tail.iter().map(|span| span.offset).collect::<Vec<_>>());
            prop_assert!(tail.is_none_or(|tail| tail == path), "cut at {}", cut);
        }
    }
}

/// With a sidecar of before and of after, and caught up with what comes.
#[test]
fn a_sidecar_of_before_or_after_changes_nothing() {
    let log = batches(&[(1, 3), (3, 5), (2, 600), (4, 1)]);
    let findings = |dir: &LogDir| {
        let report = verify(&dir.log(), &mut |_| ControlFlow::Continue(())).expect("verifies");
        report.findings.iter().map(|finding| (finding.code, finding.byte_offset)).collect::<Vec<_>>()
    };
    for cut in (HEADER.len()..log.bytes.len()).step_by(23).chain([log.bytes.len() - 1]) {
        let dir = LogDir::new(&log.bytes[..cut]);
        let plain = ask(&dir.log());
        // Of all of it.
        dir.write(&log.bytes);
        dir.update();
        dir.write(&log.bytes[..cut]);
        assert_eq!(ask(&dir.log()), plain, "cut at {cut}");
        // Of this state of it.
        dir.update();
        assert_eq!(ask(&dir.log()), plain, "cut at {cut}");
        let shown = findings(&dir);
        assert!(
            shown.iter().all(|(code, _)| {
                use jcode_session_core::finding::Code;
                matches!(code, Code::TornTail | Code::TornBatch)
            }),
            "{shown:?}"
        );
        // Caught up with the rest.
        dir.write(&log.bytes);
        assert!(matches!(dir.update(), Done::CaughtUp | Done::Built), "cut at {cut}");
        assert_eq!(findings(&dir), [], "cut at {cut}");
    }
}

#[test]
fn the_rest_of_a_batch_is_looked_for_no_further_than_a_batch_is_long() {
    let most = usize::try_from(MAX_BATCH).expect("small");
    let entry = |number: usize, batch: &str| {
        format!("{{\"type\":\"x\",\"id\":\"{number}\",\"parentId\":null,\"timestamp\":1{batch}}}\n")
    };
    let begins = entry(0, &format!(",\"batch\":{most}"));
    let mut bytes = [HEADER, &begins].concat().into_bytes();
    for number in 1..most {
        let found = torn(&bytes).expect("incomplete");
        assert_eq!((found.offset, found.there, found.of), (HEADER.len() as u64, number as u64, most as u64));
        bytes.extend_from_slice(entry(number, "").as_bytes());
    }
    assert_eq!(torn(&bytes), None);
    // Lines that are no entries are not counted, but looked at.
    let mut bytes = [HEADER, &begins].concat().into_bytes();
    bytes.extend(vec![b'\n'; most - 1]);
    assert!(torn(&bytes).is_some());
    bytes.push(b'\n');
    assert_eq!(torn(&bytes), None);
    assert_eq!(read_log(&bytes).entries.len(), 1);
}

/// What is damaged in it was there; another batch, of one too, ends it.
#[test]
fn only_what_was_not_written_is_missing() {
    let log = batches(&[(2, 1), (3, 1)]);
    let lines: Vec<&[u8]> = log.bytes.split_inclusive(|&byte| byte == b'\n').collect();
    let with = |from: usize, line: &[u8]| {
        let mut lines = lines.clone();
        lines[from] = line;
        lines.concat()
    };
    assert_eq!(torn(&with(4, b"{\"type\":\n")), None, "a damaged line");
    assert_eq!(torn(&[lines[..4].concat(), lines[4][..9].to_vec()].concat()).map(|torn| torn.there), Some(1));
    assert!(torn(&with(4, b"\n")).is_some(), "a blank line");
    assert!(torn(&with(4, HEADER.as_bytes())).is_some(), "a second header");
    let one = b"{\"type\":\"x\",\"id\":\"one\",\"parentId\":null,\"timestamp\":1,\"batch\":1}\n";
    assert_eq!(torn(&[&lines[..4].concat(), &one[..]].concat()), None);
    let all: Vec<&[u8]> = lines[..3].iter().copied().chain([&b"\n"[..]]).chain(lines[3..].iter().copied()).collect();
    compare(&all.concat(), &read_log(&all.concat()));
}
