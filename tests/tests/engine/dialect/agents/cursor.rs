//! Transcripts of Cursor: one message after the other, without ids.

use super::{holds, holds_though_damaged, lines, show};
use jcode_session_tests::effort::cases;
use jcode_session_tests::generate::agents::cursor;
use jcode_session_tests::oracle::agents::read_cursor;
use proptest::prelude::*;
use serde_json::json;

const NAME: &str = "cursor";

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn nothing_is_lost_and_the_active_path_is_the_conversation(seed in any::<u64>(), turns in 1usize..14) {
        let source = cursor(turns, seed);
        holds(&source, NAME, &read_cursor(&source))?;
    }

    #[test]
    fn damaged_lines_hide_nothing(seed in any::<u64>(), turns in 1usize..10) {
        holds_though_damaged(&cursor(turns, seed), seed, NAME)?;
    }
}

/// The session's id is the name of its file.
#[test]
fn what_the_source_does_not_say_is_not_made_up() {
    let source =
        [json!({"role": "user", "message": {"content": "one"}}), json!({"event": "turn_ended", "message": {}})];
    let (shown, _, _) = show(&lines(&source), NAME);
    assert!(shown.header.get("id").is_none() && shown.header["cwd"] == "", "{}", shown.header);
    assert_eq!(shown.entries[1].value["customType"], "cursor/turn_ended");
}
