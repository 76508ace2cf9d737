//! What is found and what is not, case by case.

use jcode_session_core::dialect::{detect, present};
use jcode_session_core::search::{
    Case, Filter, Found, Known, Query, QueryError, Search, Slice, may_be_within, search_session,
};
use jcode_session_core::session::{NoSidecar, Session};
use jcode_session_core::source::SliceSource;
use std::ops::ControlFlow;

const ALL: Slice = Slice { from: 0, limit: usize::MAX, bytes: u64::MAX };

const HEADER: &str = r#"{"type":"session","version":3,"id":"s","timestamp":"2026-01-01T00:00:00Z","cwd":"/"}"#;

fn log(messages: &[&str]) -> String {
    let mut log = format!("{HEADER}\n");
    for (number, message) in messages.iter().enumerate() {
        let parent = number.checked_sub(1).map_or("null".to_string(), |before| format!(r#""e{before}""#));
        log += &format!(
            r#"{{"type":"message","id":"e{number}","parentId":{parent},"timestamp":"2026-01-01T00:00:0{number}Z","message":{message}}}"#
        );
        log.push('\n');
    }
    log
}

fn session(bytes: &[u8]) -> Session<SliceSource<'_>, NoSidecar> {
    let detected = detect(&SliceSource(bytes)).expect("readable");
    let log = present(SliceSource(bytes), &detected, &mut |_| ControlFlow::Continue(())).expect("readable");
    Session::new(log, detected, None)
}

fn search(bytes: &str, query: Query) -> Vec<Found> {
    let search = Search::new(query, Filter::default());
    let tick = &mut |_| ControlFlow::Continue(());
    let session = session(bytes.as_bytes());
    let known = Known::of(&session, &search, tick).expect("readable");
    let found = search_session(&session, &search, &known, ALL, tick).expect("hits").0;
    assert!(found.is_empty() || may_be_within(&session, &search, tick).expect("readable"));
    found
}

fn found(bytes: &str, word: &str) -> Vec<String> {
    let found = search(bytes, Query::literals(&[word], Case::Smart).expect("a word"));
    found.into_iter().map(|found| found.id.expect("an id")).collect()
}

fn matching(bytes: &str, pattern: &str) -> Vec<String> {
    let found = search(bytes, Query::patterns(&[pattern], Case::Smart).expect("a pattern"));
    found.into_iter().map(|found| found.id.expect("an id")).collect()
}

#[test]
fn escapes_do_not_hide_a_text() {
    let bytes = log(&[
        r#"{"role":"user","content":"a path C:\\temp and a \"quote\""}"#,
        r#"{"role":"user","content":"\u0063af\u00e9 and \u0043AF\u00C9 \ud83d\ude00"}"#,
        r#"{"role":"user","content":"one\nline, a tab\u0009behind src\/main.rs"}"#,
        r#"{"role":"user","content":"日本語 e\u0301"}"#,
    ]);
    assert_eq!(found(&bytes, r"c:\temp"), ["e0"]);
    assert_eq!(found(&bytes, r#""quote""#), ["e0"]);
    assert_eq!(found(&bytes, "café"), ["e1"]);
    assert_eq!(found(&bytes, "CAFÉ"), ["e1"]);
    assert_eq!(found(&bytes, "😀"), ["e1"]);
    assert_eq!(found(&bytes, "one\nline"), ["e2"]);
    assert_eq!(found(&bytes, "tab\tbehind"), ["e2"]);
    assert_eq!(found(&bytes, "src/main"), ["e2"]);
    assert_eq!(found(&bytes, "本"), ["e3"]);
    assert_eq!(found(&bytes, "e\u{301}"), ["e3"]);
    // What is composed in another way is another text.
    assert!(found(&bytes, "\u{e9}\u{301}").is_empty());
}

#[test]
fn case_counts_if_a_word_has_capitals() {
    let bytes = log(&[r#"{"role":"user","content":"Größe STRASSE"}"#, r#"{"role":"user","content":"GRÖSSE, größe"}"#]);
    assert_eq!(found(&bytes, "größe"), ["e0", "e1"]);
    assert_eq!(found(&bytes, "Größe"), ["e0"]);
    assert_eq!(found(&bytes, "GRÖ"), ["e1"]);
    assert_eq!(found(&bytes, "strasse"), ["e0"]);
    assert_eq!(matching(&bytes, r"gr\w+e\b"), ["e0", "e1"]);
    assert_eq!(matching(&bytes, r"\SRÖ\w+E\b"), ["e1"]);
    // The Kelvin sign is no k to a word.
    let bytes = log(&[r#"{"role":"user","content":"300 \u212a"}"#, "{\"role\":\"user\",\"content\":\"300 \u{212a}\"}"]);
    assert!(found(&bytes, "k").is_empty());
    assert_eq!(matching(&bytes, "300 k"), ["e0", "e1"]);
}

#[test]
fn only_texts_are_searched() {
    let base64 = "Needle0+/".repeat(40);
    let bytes = log(&[
        &format!(r#"{{"role":"user","content":[{{"type":"image","mimeType":"image/png","data":"needle {base64}"}}]}}"#),
        &format!(r#"{{"role":"toolResult","toolName":"read","content":"{base64}"}}"#),
        &format!(r#"{{"role":"user","content":"data:image/png;base64,{base64}"}}"#),
        r#"{"role":"assistant","content":[{"type":"needle","needle":1}],"model":"needle","api":"needle"}"#,
        &format!(r#"{{"role":"user","content":"{}"}}"#, "needle".repeat(100)),
        r#"{"role":"assistant","content":[{"type":"toolCall","id":"needle","name":"x","arguments":{"needle":["deep",{"a":"needle"}]}}]}"#,
    ]);
    assert_eq!(found(&bytes, "needle"), ["e4", "e5"]);
    assert_eq!(found(&bytes, "deep"), ["e5"]);
}

#[test]
fn each_word_must_stand_somewhere_in_an_entry() {
    let bytes = log(&[
        r#"{"role":"assistant","content":[{"type":"thinking","thinking":"first"},{"type":"text","text":"then second"}]}"#,
        r#"{"role":"user","content":"first alone"}"#,
        r#"{"role":"user","content":"second alone"}"#,
    ]);
    let both = Query::literals(&["second", "first"], Case::Smart).expect("words");
    let found = search(&bytes, both);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].field.name(), &*found[0].snippet, &found[0].matches[..]),
        ("thinking", "first", &[(0, 5)][..])
    );
    let one = Query::literals(&["first second"], Case::Smart).expect("words");
    assert!(search(&bytes, one).is_empty());
}

#[test]
fn a_snippet_is_cut_between_characters_and_marks_all_matches() {
    let text = format!("{}needle and Needle{}", "ä".repeat(300), "日".repeat(300));
    let bytes = log(&[&format!(r#"{{"role":"user","content":"{text}"}}"#)]);
    let found = search(&bytes, Query::literals(&["needle"], Case::Smart).expect("a word"));
    let marked: Vec<&str> = found[0].matches.iter().map(|&(at, len)| &found[0].snippet[at..at + len]).collect();
    assert_eq!(marked, ["needle", "Needle"]);
    assert!(text.contains(&found[0].snippet) && found[0].snippet.chars().count() < 200);
    // A match of any length, and none at all.
    let all = search(&bytes, Query::patterns(&["(?s).+"], Case::Smart).expect("a pattern"));
    assert!(all[0].snippet.len() < 1000 && all[0].matches == [(0, all[0].snippet.len())]);
    let empty = search(&bytes, Query::patterns(&["q*"], Case::Smart).expect("a pattern"));
    assert_eq!(empty[0].matches.first(), Some(&(0, 0)));
}

#[test]
fn patterns_that_cannot_be_searched_for_are_refused() {
    let refused = |pattern: &str| match Query::patterns(&[pattern], Case::Smart) {
        Err(QueryError::Pattern { reason, .. }) => reason,
        other => panic!("{pattern}: {other:?}"),
    };
    assert!(refused("a{1000}{1000}").contains("too large"));
    assert!(refused(r"(\w{100}){100}").contains("too large"));
    assert!(refused(&format!("{}a{}", "(".repeat(1000), ")".repeat(1000))).contains("nest"));
    assert!(refused("(a").contains("unclosed"));
    assert!(refused(r"(a)\1").contains("backreference"));
    for empty in [Query::literals(&[""], Case::Smart), Query::patterns(&["a", ""], Case::Smart)] {
        assert_eq!(empty.err(), Some(QueryError::Empty));
    }
    assert_eq!(Query::literals(&[""; 0], Case::Smart).err(), Some(QueryError::Empty));
    // Time is linear in the text, whatever the pattern.
    let bytes = log(&[&format!(r#"{{"role":"user","content":"{}"}}"#, "a".repeat(100_000))]);
    assert!(matching(&bytes, "(a*)*(a*)*(a|aa)+$b").is_empty());
}

#[test]
fn pages_of_hits_give_each_once() {
    let messages: Vec<String> = (0..9).map(|n| format!(r#"{{"role":"user","content":"needle {n}"}}"#)).collect();
    let bytes = log(&messages.iter().map(String::as_str).collect::<Vec<_>>());
    let session = session(bytes.as_bytes());
    let search = Search::new(Query::literals(&["needle"], Case::Smart).expect("a word"), Filter::default());
    let tick = &mut |_| ControlFlow::Continue(());
    let known = Known::of(&session, &search, tick).expect("readable");
    let (mut from, mut all) = (Some(0), Vec::new());
    while let Some(at) = from {
        let slice = Slice { from: at, limit: 2, bytes: u64::MAX };
        let (page, next) = search_session(&session, &search, &known, slice, tick).expect("hits");
        assert!(page.len() <= 2);
        all.extend(page.into_iter().filter_map(|found| found.id));
        from = next;
    }
    assert_eq!(all, (0..9).map(|n| format!("e{n}")).collect::<Vec<_>>());
}

/// The name of a field hides no text, whatever it is.
#[test]
fn texts_under_names_that_cannot_be_decoded_are_found() {
    let line = b"{\"typ\xc6\":\"context_edit\",\"id\":\"a\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:00Z\",\"data\":{\"\\ud800\":\"needle\"}}";
    for word in ["xt_ed", "needle"] {
        let read = jcode_session_core::search::texts(line).expect("an entry");
        assert!(read.texts.iter().any(|(_, text)| text.contains(word)), "{word}: {read:?}");
    }
}
