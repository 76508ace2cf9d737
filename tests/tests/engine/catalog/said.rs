//! Who said how much: the numbers in a list, whether it read the log, its sidecar, or what a writer passed on.

use jcode_session_core::write::Parent;
use jcode_session_native::catalog::Listed;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::sidecar::rebuild;
use jcode_session_native::writer::{Writer, WriterOptions};
use jcode_session_tests::effort::seeds;
use jcode_session_tests::generate::random;
use jcode_session_tests::homes::{home, listed, log, put, scanned};
use jcode_session_tests::oracle::said::OracleSaid;
use rand::{Rng, RngExt};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::path::Path;

const REMINDER: &str = "<system-reminder>the clock was changed</system-reminder>";

fn message(rng: &mut impl Rng) -> Value {
    let text = ["hello", REMINDER, "  \n<system-reminder>", "text: <system-reminder>", ""][rng.random_range(0..5)];
    let content = match rng.random_range(0..5) {
        0 => json!(text),
        1 | 2 => json!([{"type": "text", "text": text}]),
        3 => json!([{"type": "tool_result", "tool_use_id": "t", "content": text}, {"type": "text", "text": text}]),
        _ => json!([]),
    };
    let role = ["user", "assistant", "toolResult"][rng.random_range(0..3)];
    let mut message = json!({"role": role, "content": content});
    match rng.random_range(0..4) {
        0 => message["display_role"] = json!("system"),
        1 => message["display_role"] = Value::Null,
        _ => {}
    }
    let mut number = || rng.random_range(0..5000);
    match number() % 3 {
        0 => {
            message["token_usage"] =
                json!({"input_tokens": number(), "output_tokens": number(), "cache_read_input_tokens": number()})
        }
        1 => {
            message["usage"] = json!({"input": number(), "output": number(), "cacheRead": number(), "cacheWrite": number(), "totalTokens": 7})
        }
        _ => {}
    }
    message
}

/// The line of an entry; its key may be written with an escape, or stand there twice.
fn entry(message: &Value, rng: &mut impl Rng) -> String {
    let fields = match rng.random_range(0..8) {
        0 => format!("\"m\\u0065ssage\":{message}"),
        1 => format!("\"message\":{{\"role\":\"user\",\"content\":\"an earlier one\"}},\"message\":{message}"),
        2 => format!("\"message\":{{\"role\":\"user\",\"content\":\"\"}},\"\\u006dessage\":{message}"),
        _ => format!("\"message\":{message}"),
    };
    format!("{{\"type\":\"message\",{fields}}}")
}

fn said(list: &[Listed], path: &Path) -> OracleSaid {
    let row = &list.iter().find(|session| session.path == path).expect("listed").summary;
    let known = |number: Option<u64>| number.expect("known");
    OracleSaid { user: known(row.user_messages), assistant: known(row.assistant_messages), tokens: known(row.tokens) }
}

fn index(path: &Path, anew: bool) {
    let log = LogFile::open(path).expect("the log is there");
    rebuild::update(&log, anew, &mut |_| ControlFlow::Continue(())).expect("the sidecar can be written");
}

#[test]
fn lists_count_what_was_said() {
    for seed in seeds(20) {
        let home = home();
        let mut rng = random(seed);
        let mut wanted = OracleSaid::default();
        // One that is small enough to be read for a list, and one of which the sidecar is.
        let text = if seed % 2 == 0 { "short".to_string() } else { "long ".repeat(400) };
        let before = log("a", 200, 1_770_000_000_000, &text);
        (wanted.user, wanted.assistant) = (100, 100);
        let path = put(home.path(), "a.jsonl", &before);
        index(&path, false);
        let writer = Writer::open(&path, &WriterOptions::default()).expect("opened");
        for _ in 0..rng.random_range(1..40) {
            let message = message(&mut rng);
            wanted.add(&message);
            writer.append(entry(&message, &mut rng).as_bytes(), Parent::Leaf).expect("appended");
            if rng.random_range(0..8) == 0 {
                writer.flush().expect("flushed");
            }
        }
        writer.close().expect("closed");
        assert_eq!(said(&listed(home.path()), &path), wanted, "seed {seed}, what the writer passed on");
        // What nobody has indexed yet.
        let mut bytes = std::fs::read(&path).expect("read");
        for number in 0..rng.random_range(0..20) {
            let message = message(&mut rng);
            wanted.add(&message);
            let entry = entry(&message, &mut rng);
            let entry = entry.strip_suffix('}').expect("an object");
            bytes.extend_from_slice(format!("{entry},\"id\":\"x{number}\",\"parentId\":null}}\n").as_bytes());
        }
        std::fs::write(&path, &bytes).expect("written");
        assert_eq!(said(&listed(home.path()), &path), wanted, "seed {seed}, behind the sidecar");
        assert_eq!(said(&scanned(home.path()), &path), wanted, "seed {seed}, without the index");
        index(&path, true);
        assert_eq!(said(&listed(home.path()), &path), wanted, "seed {seed}, built anew");
    }
}
