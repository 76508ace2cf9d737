//! The first page of a session, and the pages before it.

use jcode_session_core::log::Dialect;
use jcode_session_native::session::{Resume, Session};
use jcode_session_tests::effort::cases;
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{LogShape, damaged_tree_v3, linear_v1};
use jcode_session_tests::oracle::read_log;
use proptest::prelude::*;

const LOG: &str = r#"{"type":"session","version":3,"id":"s","timestamp":"2026-01-01T00:00:00Z","cwd":"/w"}
{"type":"session_info","id":"n","parentId":null,"timestamp":"2026-01-01T00:00:01Z","name":" first name "}
{"type":"message","id":"a","parentId":"n","timestamp":"2026-01-01T00:00:02Z","message":{"role":"user","content":"hi"}}
{"type":"compaction","id":"c","parentId":"a","timestamp":"2026-01-01T00:00:03Z","summary":"so far","firstKeptEntryId":"a"}
{"type":"compaction","id":"x","parentId":"a","timestamp":"2026-01-01T00:00:04Z","summary":"elsewhere","firstKeptEntryId":"n"}
{"type":"message","id":"b","parentId":"c","timestamp":"2026-01-01T00:00:05Z","message":{"role":"assistant","model":"m-1","content":[]}}
{"type":"message","id":"d","parentId":"b","timestamp":"2026-01-01T00:00:06Z","message":{"role":"user","content":"more"}}
"#;

fn resume(dir: &LogDir, page: usize) -> Resume {
    Session::read(&dir.log()).expect("readable").resume(page).expect("a page")
}

#[test]
fn one_call_gives_what_is_painted_first() {
    let dir = LogDir::new(LOG.as_bytes());
    let plain = resume(&dir, 2);
    dir.update();
    let seen = resume(&dir, 2);
    assert_eq!(plain, seen);
    assert_eq!((seen.session_id.as_str(), seen.dialect), ("s", Dialect::TreeV3));
    assert_eq!((seen.title.as_deref(), seen.cwd.as_deref()), (Some("first name"), Some("/w")));
    assert_eq!(seen.model.as_deref(), Some("m-1"));
    assert_eq!((seen.entry_count, seen.message_count), (6, 3));
    assert_eq!(seen.created_at, Some(1_767_225_600_000));
    assert_eq!(seen.last_message_at, Some(1_767_225_606_000));
    let ids = |entries: &[jcode_session_native::session::Entry]| -> Vec<String> {
        let id = |line: &[u8]| serde_json::from_slice::<serde_json::Value>(line).expect("json")["id"].to_string();
        entries.iter().map(|entry| id(&entry.line)).collect()
    };
    assert_eq!(ids(&seen.page), ["\"b\"", "\"d\""]);
    // The compaction on the active path, not the later one on a branch beside it.
    let compaction = seen.compaction.expect("the path was compacted");
    assert_eq!(ids(std::slice::from_ref(&compaction.entry)), ["\"c\""]);
    assert_eq!(compaction.first_kept.as_deref(), Some("a"));
    let session = Session::read(&dir.log()).expect("readable");
    assert_eq!(ids(&session.before("b", 2).expect("a page")), ["\"a\"", "\"c\""]);
    assert_eq!(ids(&session.before("n", 2).expect("a page")), Vec::<String>::new());
    assert!(session.before("nowhere", 2).is_err());
}

proptest! {
    #![proptest_config(cases(60))]

    #[test]
    fn a_sidecar_gives_the_same_first_page(sample in damaged_tree_v3(30), page in 0usize..20) {
        let dir = LogDir::new(&sample.bytes);
        let plain = resume(&dir, page);
        dir.update();
        prop_assert_eq!(&plain, &resume(&dir, page));
        let oracle = read_log(&sample.bytes);
        prop_assert_eq!(plain.entry_count, oracle.entries.len() as u64);
        let messages = oracle.entries.iter().filter(|entry| entry.kind == "message").count();
        prop_assert_eq!(plain.message_count, messages as u64);
        let path = oracle.entries.len().checked_sub(1).map(|last| oracle.path_to(last)).unwrap_or_default();
        let last = path.iter().rev().find(|&&entry| oracle.entries[entry].kind == "compaction");
        let found = plain.compaction.map(|compaction| compaction.entry.offset);
        prop_assert_eq!(found, last.map(|&entry| oracle.entries[entry].offset as u64));
    }
}

#[test]
fn an_older_dialect_resumes_as_it_will_be() {
    let dir = LogDir::new(&linear_v1(LogShape { entries: 20, ..LogShape::default() }, 9));
    let seen = resume(&dir, 5);
    assert_eq!((seen.dialect, seen.page.len()), (Dialect::LinearV1, 5));
}
