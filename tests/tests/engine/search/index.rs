//! The search index: what a writer adds to it, and what is noted of blocks.

use jcode_session_core::search::{Case, Filter, Query, Search as Entries};
use jcode_session_core::write::Parent;
use jcode_session_native::catalog::Catalog;
use jcode_session_native::search::{Order, Scope, Search, index};
use jcode_session_native::writer::{Writer, WriterOptions};
use jcode_session_tests::effort::cases;
use jcode_session_tests::fuzz;
use jcode_session_tests::homes::{home, log, put, sessions};
use proptest::collection::vec;
use proptest::prelude::*;
use std::ops::ControlFlow;
use std::path::Path;

/// Brings the index up to date; how many logs it took in.
fn update(home: &Path) -> u64 {
    index::update(home, &Catalog::new(home, &[sessions(home)]), &|| true).expect("an index").logs
}

fn total(home: &Path, word: &str) -> u64 {
    let entries = Entries::new(Query::literals(&[word], Case::Smart).expect("a word"), Filter::default());
    let search = Search { entries, scope: Scope::default(), order: Order::Exact, limit: Some(0) };
    let catalog = Catalog::new(home, &[sessions(home)]);
    search.run(&catalog, &|| false, &mut |_| ControlFlow::Continue(())).expect("searched").total
}

fn append(home: &Path, path: &Path, text: &str, count: usize) {
    let mut writer = Writer::open(path, &WriterOptions::default()).expect("opened");
    writer.list_in(home, path);
    for _ in 0..count {
        let entry = serde_json::json!({"type": "message", "message": {"role": "user", "content": text}}).to_string();
        writer.append(entry.as_bytes(), Parent::Leaf).expect("appended");
    }
    writer.close().expect("closed");
}

fn files(home: &Path) -> usize {
    std::fs::read_dir(index::folder(home)).expect("a folder").count()
}

/// A writer that closes leaves nothing to do, and the pieces that it makes stay few.
#[test]
fn a_writer_keeps_the_index() {
    let home = home();
    let path = put(home.path(), "a.jsonl", &log("a", 200, 1_770_000_000_000, &"some words ".repeat(100)));
    append(home.path(), &path, "early", 1);
    assert!(!index::folder(home.path()).exists(), "a writer makes no index");
    assert_eq!(update(home.path()), 1);
    for run in 0..12 {
        append(home.path(), &path, &format!("needle {}", "of hay ".repeat(run * 300)), 3);
    }
    assert_eq!(update(home.path()), 0, "all of it is indexed");
    assert!(files(home.path()) < 8, "{} files", files(home.path()));
    assert_eq!(
        (total(home.path(), "needle"), total(home.path(), "some words"), total(home.path(), "early")),
        (36, 200, 1)
    );
    // What another program does between two writers is not vouched for by the second one.
    let mut bytes = std::fs::read(&path).expect("a log");
    let at = bytes.windows(10).position(|window| window == b"some words").expect("there");
    bytes[at..at + 10].copy_from_slice(b"a new text");
    std::fs::write(&path, &bytes).expect("written");
    append(home.path(), &path, "end", 1);
    assert_eq!((total(home.path(), "a new text"), total(home.path(), "needle")), (1, 36));
    assert_eq!((update(home.path()), total(home.path(), "a new text")), (0, 1), "it was small enough to be read anew");
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn what_is_noted_holds_each_part_of_a_text(words in vec("[ -~]{1,9}|\\PC{1,5}|[\\x00-\\x1f]|[kKsS\u{212a}\u{17f}/\\\\\"]{1,4}", 1..12)) {
        fuzz::run("grams", words.join(" ").as_bytes());
    }

    #[test]
    fn bytes_that_are_no_segment_give_no_answer(bytes in vec(any::<u8>(), 0..300)) {
        fuzz::run("grams", &bytes);
        fuzz::run("grams", &[b"jcgrams1", &bytes[..]].concat());
    }
}
