//! Text that speaks to terminals.

use super::Home;
use std::fs;

/// Title, window and clipboard commands, deletions, direction marks, line ends; as escapes of JSON and raw where a
/// name of a file may hold them.
const NASTY: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{90}q\u{202e}\r\u{8}\u{2066}x";

#[test]
fn no_text_of_a_session_commands_the_terminal() {
    let home = Home::new();
    let nasty = serde_json::to_string(NASTY).expect("a string");
    let log = format!(
        "{{\"type\":\"session\",\"version\":3,\"id\":{nasty},\"timestamp\":\"2026-01-01T00:00:00Z\",\"cwd\":{nasty}}}\n\
         {{\"type\":\"message\",\"id\":{nasty},\"parentId\":null,\"timestamp\":{nasty},\"message\":{{\"role\":\"user\",\"content\":{nasty}}}}}\n\
         {{\"type\":{nasty},\"id\":\"k\",\"parentId\":{nasty},\"timestamp\":1}}\n\
         {{\"type\":\"message\",\"id\":\"m\",\"parentId\":\"k\",\"timestamp\":1,\"message\":{{\"role\":{nasty},\"content\":[{{\"type\":\"text\",\"text\":{nasty}}},{{\"type\":\"toolCall\",\"name\":{nasty},\"arguments\":{{{nasty}:{nasty}}}}}]}}}}\n\
         {{\"type\":\"label\",\"id\":\"l\",\"parentId\":\"gone{}\",\"timestamp\":1,\"targetId\":\"m\",\"label\":{nasty}}}\n\
         {{\"type\":\"session_info\",\"id\":\"i\",\"parentId\":\"l\",\"timestamp\":1,\"name\":{nasty}}}\n\
         {{\"type\":\"message\",\"id\":{nasty},\"parentId\":\"l\",\"timestamp\":1}}\nnot json {NASTY}\n",
        "\\u001b[2J"
    );
    home.log("s", log.as_bytes());
    fs::write(home.file(&format!("{}.jsonl", NASTY.replace('/', "_"))), log).expect("written");
    fs::create_dir(home.file("s.store")).expect("made");
    fs::write(home.file("s.store/ledger.jsonl"), format!("{{\"event\":{nasty}}}\n{NASTY}\n")).expect("written");
    for args in [
        &["list"][..],
        &["tree", "s"],
        &["show", "s"],
        &["show", "s", "--file-order"],
        &["show", "s", "--entry", NASTY],
        &["tree", NASTY],
        &["verify", "s"],
        &["checkpoints", "s"],
        &["checkpoints", "s", "--take"],
        &["migrate"],
        &["label", "s", NASTY, NASTY],
        &["tag", "s", NASTY],
        &["tag", "s"],
        &["fork", "s"],
        &["doctor"],
        &["repair", "s"],
        &["rollback", "s"],
        &["prune", "--older-than", "0"],
        &["verify", "."],
    ] {
        let ran = home.run(args);
        let harmless = |text: &str| {
            text.chars().find(|c| {
                (c.is_control() && !matches!(c, '\n' | '\t'))
                    || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            })
        };
        assert_eq!(harmless(&ran.text()), None, "{args:?}: {}", ran.text());
        assert_eq!(harmless(&ran.stderr), None, "{args:?}: {}", ran.stderr);
    }
}
