//! What is seen of an entry: no message is an empty one, and no text of it is lost.

use super::harness::{page, tokens};
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{Random, message, random};
use jcode_session_tests::program::run;
use proptest::prelude::*;
use pulldown_cmark::{Event, Parser};
use rand::RngExt;
use rand::seq::{IndexedRandom, IteratorRandom};
use serde_json::{Map, Value, json};

/// A session of one entry.
fn log_of(entry: &Value) -> Vec<u8> {
    format!("{{\"type\":\"session\",\"version\":3,\"id\":\"s\"}}\n{entry}\n").into_bytes()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a person reads of an entry: its heading and what stands below it.
#[derive(Debug)]
struct Seen {
    heading: String,
    below: String,
}

impl Seen {
    fn holds(&self, words: &str) -> bool {
        let words = one_line(words);
        self.heading.contains(&words) || self.below.contains(&words)
    }
}

fn in_terminal(log: &[u8]) -> Seen {
    let dir = LogDir::new(log);
    let shown = run(dir.folder(), ["show", &dir.log().to_string_lossy()]);
    assert_eq!((shown.code, shown.stderr.as_str()), (0, ""));
    let text = shown.text();
    let (heading, below) = text.split_once('\n').expect("a heading");
    Seen { heading: one_line(heading), below: one_line(below) }
}

fn in_html(log: &[u8]) -> Seen {
    let page = page(log, "html");
    tokens(&page);
    let (_, main) = page.split_once("<main>").expect("a page");
    let (head, below) = main.split_once("</a></div>").expect("an entry");
    let text = |markup: &str| {
        let (_, text) = tokens_of(markup);
        one_line(&text)
    };
    // The remarks of a change stand beside its name.
    match head.split_once("<p class=note>") {
        Some((heading, notes)) => {
            Seen { heading: text(heading), below: text(&format!("<p class=note>{notes}{below}")) }
        }
        None => Seen { heading: text(head), below: text(below) },
    }
}

/// Tags and text of a part of a page.
fn tokens_of(markup: &str) -> (usize, String) {
    let (mut tags, mut text) = (0, String::new());
    for token in html5gum::Tokenizer::new(markup) {
        match token.expect("a string can be read") {
            html5gum::Token::String(more) => text.push_str(&String::from_utf8_lossy(&more)),
            html5gum::Token::StartTag(_) | html5gum::Token::EndTag(_) => {
                tags += 1;
                text.push(' ');
            }
            _ => {}
        }
    }
    (tags, text)
}

fn in_markdown(log: &[u8]) -> Seen {
    let page = page(log, "markdown");
    let (_, entry) = page.split_once("\n\n").and_then(|(_, rest)| rest.split_once("\n\n")).expect("a head");
    let (heading, below) = if entry.starts_with("## ") {
        entry.split_once('\n').expect("a heading")
    } else {
        entry.split_once(": ").expect("a change")
    };
    let text = |markdown: &str| {
        let text = Parser::new(markdown).map(|event| match event {
            Event::Text(text) | Event::Code(text) => text.to_string(),
            _ => " ".into(),
        });
        one_line(&text.collect::<String>())
    };
    Seen { heading: text(heading), below: text(below) }
}

#[test]
fn every_form_and_the_page_show_the_same() {
    let cases = include_str!("../../../shown/entries.jsonl");
    for case in cases.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")) {
        let log = log_of(&case["entry"]);
        for (form, seen) in [("show", in_terminal(&log)), ("html", in_html(&log)), ("markdown", in_markdown(&log))] {
            let words = |name: &str| -> Vec<String> {
                let words = case[name].as_array().into_iter().flatten();
                words.map(|words| words.as_str().expect("text").to_string()).collect()
            };
            let about = format!("{form}, {}: {seen:?}", case["about"]);
            assert!(!seen.below.is_empty(), "empty: {about}");
            for words in words("shows") {
                assert!(seen.holds(&words), "{words:?} is missing: {about}");
            }
            for words in words("hides") {
                assert!(!seen.holds(&words), "{words:?} is shown: {about}");
            }
        }
    }
}

/// Fields that only programs need, where they hold what they should; and those whose text decides what is shown.
const QUIET: &[&str] = &[
    "api",
    "provider",
    "responseId",
    "stopReason",
    "usage",
    "toolCallId",
    "thinkingSignature",
    "id",
    "timestamp",
    "type",
    "role",
    "status",
];

/// Gives every text a mark of its own, and collects the marks.
fn mark(value: &mut Value, marks: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() => {
            let mark = format!("mark{}x", marks.len());
            *text = format!("{mark} {text}");
            marks.push(mark);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mark(item, marks)),
        Value::Object(fields) => {
            fields
                .iter_mut()
                .filter(|(name, _)| !QUIET.contains(&name.as_str()))
                .for_each(|(_, field)| mark(field, marks));
        }
        _ => {}
    }
}

/// Any value, small.
fn any_value(rng: &mut Random, depth: u32) -> Value {
    match rng.random_range(0..if depth == 0 { 5 } else { 8 }) {
        0 => Value::Null,
        1 => json!(rng.random_bool(0.5)),
        2 => json!(rng.random_range(-5..5000)),
        3 => json!(""),
        4 => json!(["a <b>", "`x`", "* # _ ~ |", "one\ntwo", "\"'&"].choose(rng)),
        5 | 6 => (0..rng.random_range(0..3)).map(|_| any_value(rng, depth - 1)).collect(),
        _ => {
            let fields = (0..rng.random_range(0..3)).map(|n| (format!("field{n}"), any_value(rng, depth - 1)));
            Value::Object(fields.collect())
        }
    }
}

/// Changes something, at any depth.
fn mutate(value: &mut Value, rng: &mut Random) {
    match value {
        Value::Object(fields) if rng.random_bool(0.7) => {
            let names: Vec<String> = fields.keys().filter(|name| !QUIET.contains(&name.as_str())).cloned().collect();
            match (rng.random_range(0..3), names.into_iter().choose(rng)) {
                (0, Some(name)) => drop(fields.remove(&name)),
                (1, _) => drop(fields.insert(format!("unknown{}", rng.random_range(0..4)), any_value(rng, 2))),
                (_, Some(name)) => mutate(&mut fields[&name], rng),
                _ => {}
            }
        }
        Value::Array(items) if !items.is_empty() && rng.random_bool(0.8) => {
            let at = rng.random_range(0..items.len());
            mutate(&mut items[at], rng);
        }
        value => *value = any_value(rng, 2),
    }
}

fn holds_anything(message: &Map<String, Value>) -> bool {
    let empty = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    message.iter().any(|(name, value)| !["role", "content"].contains(&name.as_str()) && !empty(value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_message_is_empty_and_no_text_of_it_is_lost(seed: u64, changes in 0..6) {
        let rng = &mut random(seed);
        let mut message = message(80, 1_700_000_000_000, "custom", rng);
        for _ in 0..changes {
            mutate(&mut message, rng);
        }
        let Value::Object(fields) = &message else { return Ok(()) };
        let holds_anything = holds_anything(fields);
        let unknown: Vec<String> = fields.keys().filter(|name| name.starts_with("unknown")).cloned().collect();
        let mut marks = Vec::new();
        mark(&mut message, &mut marks);
        let log = log_of(&json!({"type": "message", "id": "e", "parentId": null, "timestamp": "2026-01-01T00:00:00Z", "message": message}));
        let terminal = in_terminal(&log);
        for seen in [&terminal, &in_html(&log), &in_markdown(&log)] {
            prop_assert!(!seen.below.is_empty(), "{message}");
            // What stands there is the message's own.
            prop_assert!(!holds_anything || seen.below != "empty", "{message}");
            for name in unknown.iter().filter(|name| !message[name.as_str()].to_string().trim_matches(['"', '[', ']', '{', '}']).is_empty()) {
                prop_assert!(message[name.as_str()].is_null() || seen.holds(name), "{name} is missing: {message}\n{seen:?}");
            }
        }
        // A terminal shows the beginnings.
        for seen in [in_html(&log), in_markdown(&log)] {
            for mark in &marks {
                prop_assert!(seen.holds(mark), "{mark} is missing: {message}\n{seen:?}");
            }
        }
    }
}
