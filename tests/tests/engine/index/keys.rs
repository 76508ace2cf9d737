//! Keys in logs whose ids look like keys that were made from offsets: a catch-up gives what a full build gives.

use jcode_session_tests::differential::compare;
use jcode_session_tests::files::{LogDir, dump};
use jcode_session_tests::oracle::read_log;
use jcode_session_tests::sessions::header;
use proptest::prelude::*;
use std::fs;

/// How the id of an entry, or of its parent, is chosen.
#[derive(Debug, Clone, Copy)]
enum Choice {
    /// None.
    Missing,
    /// One of a few, so that they repeat.
    Plain(u8),
    /// What the key of the entry so many lines back is, should it be made.
    MadeFrom(usize, Option<u8>),
    /// The same of the line itself.
    MadeHere(Option<u8>),
}

fn choice() -> impl Strategy<Value = Choice> {
    let base = prop::option::of(0..3u8);
    prop_oneof![
        2 => Just(Choice::Missing),
        4 => (0..3u8).prop_map(Choice::Plain),
        3 => (1..4usize, base.clone()).prop_map(|(back, base)| Choice::MadeFrom(back, base)),
        1 => base.prop_map(Choice::MadeHere),
    ]
}

fn text(choice: Choice, offsets: &[usize], here: usize) -> Option<String> {
    let made = |offset: usize, base: Option<u8>| base.map_or(format!("@{offset}"), |base| format!("e{base}#{offset}"));
    match choice {
        Choice::Missing => None,
        Choice::Plain(n) => Some(format!("e{n}")),
        Choice::MadeFrom(back, base) => Some(made(offsets[offsets.len().checked_sub(back)?], base)),
        Choice::MadeHere(base) => Some(made(here, base)),
    }
}

/// The lines of a log, header first.
fn log(entries: &[(Choice, Choice)]) -> Vec<Vec<u8>> {
    let mut lines = vec![header().to_vec()];
    let (mut offsets, mut here) = (Vec::new(), header().len());
    for &(id, parent) in entries {
        let field = |name: &str, choice| {
            text(choice, &offsets, here).map_or(String::new(), |text| format!(",\"{name}\":\"{text}\""))
        };
        let line = format!(
            "{{\"type\":\"message\"{}{},\"timestamp\":\"2026-01-01T00:00:00.000Z\"}}\n",
            field("id", id),
            field("parentId", parent)
        );
        offsets.push(here);
        here += line.len();
        lines.push(line.into_bytes());
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn ids_that_look_like_made_keys_read_as_the_oracle_reads_them(
        entries in prop::collection::vec((choice(), choice()), 1..12),
    ) {
        let bytes = log(&entries).concat();
        compare(&bytes, &read_log(&bytes));
    }

    #[test]
    fn ids_that_look_like_made_keys_are_caught_up_as_they_are_built(
        entries in prop::collection::vec((choice(), choice()), 1..12),
    ) {
        let lines = log(&entries);
        let dir = LogDir::new(b"");
        for count in 1..=lines.len() {
            let file = fs::OpenOptions::new().append(true).open(dir.log());
            std::io::Write::write_all(&mut file.expect("there"), &lines[count - 1]).expect("written");
            dir.update();
            let grown = dump(&dir.sidecar());
            fs::remove_file(dir.sidecar()).expect("removed");
            dir.update();
            prop_assert_eq!(grown, dump(&dir.sidecar()), "after {} lines", count);
        }
    }
}
