//! Random records with the shapes that jcode writes: texts, messages of every content block kind,
//! environment snapshots, memory injections, replay events, metadata.

use super::rng::ModelRng;
use super::time;
use serde_json::{Map, Number, Value, json};

const WORDS: [&str; 24] = [
    "parser",
    "fix",
    "the",
    "let x = 1;",
    "line\n",
    "tab\t",
    "\"quoted\"",
    "\\path\\to",
    "日本語",
    "naïve",
    "emoji 🦀",
    "👩‍👩‍👧",
    "\u{2028}",
    "\u{feff}",
    "\u{85}",
    "\u{1b}[31m",
    "\u{0}",
    "\r\n",
    "e\u{301}",
    "</system>",
    "{\"meta\":",
    "\\u0000",
    "\u{7f}",
    "{\"type\":\"message\",\"id\":\"a1\",\"parentId\":null,\"timestamp\":\"2026-01-01T00:00:00Z\"}",
];

/// Number tokens that change in a reader which turns them into floats.
const NUMBERS: [&str; 14] = [
    "0",
    "-1",
    "0.1",
    "1.0",
    "9007199254740993",
    "-9223372036854775808",
    "18446744073709551615",
    "12345678901234567",
    "1e-7",
    "1E5",
    "-0.0",
    "123456789012345678901234567890",
    "3.14159265358979323846264338",
    "2.5e+10",
];

pub fn text(rng: &mut ModelRng, words: usize) -> String {
    (0..words).map(|_| *rng.pick(&WORDS)).collect::<Vec<_>>().join(" ")
}

/// Mostly short, sometimes some KiB.
fn body(rng: &mut ModelRng) -> String {
    let words = if rng.one_in(20) { rng.range(200, 900) } else { rng.range(0, 25) };
    text(rng, words)
}

fn number(rng: &mut ModelRng) -> Value {
    // Not parsed: serde_json would change the spelling of an exponent.
    Value::Number(Number::from_string_unchecked(rng.pick::<&str>(&NUMBERS).to_string()))
}

/// Any JSON, nulls and odd keys and numbers included.
pub fn any_json(rng: &mut ModelRng, depth: usize) -> Value {
    match rng.below(if depth == 0 { 5 } else { 8 }) {
        0 => Value::Null,
        1 => Value::Bool(rng.one_in(2)),
        2 => number(rng),
        3 | 4 => text(rng, 3).into(),
        5 => (0..rng.below(4)).map(|_| any_json(rng, depth - 1)).collect(),
        _ => Value::Object((0..rng.below(4)).map(|_| (key(rng), any_json(rng, depth - 1))).collect::<Map<_, _>>()),
    }
}

/// Keys that mean something elsewhere in the formats; they must not confuse a scanner.
fn key(rng: &mut ModelRng) -> String {
    let keys =
        ["command", "id", "parentId", "type", "timestamp", "messages", "meta", "", "日本", "a\"b", "\u{2028}", "n"];
    rng.pick::<&str>(&keys).to_string()
}

/// An optional field in its three forms: null, absent, or a value from `value`.
fn option(map: &mut Value, name: &str, rng: &mut ModelRng, value: impl FnOnce(&mut ModelRng) -> Value) {
    match rng.below(6) {
        0 => map[name] = Value::Null,
        1..3 => {}
        _ => map[name] = value(rng),
    }
}

fn block(rng: &mut ModelRng, tool_id: &str, kind: usize) -> Value {
    let mut b = match kind {
        0 => json!({"type": "text", "text": body(rng)}),
        1 => json!({"type": "reasoning", "text": body(rng)}),
        2 => json!({"type": "reasoning_trace", "text": body(rng)}),
        3 => {
            json!({"type": "anthropic_thinking", "thinking": body(rng), "signature": base64(rng, 40)})
        }
        4 => json!({"type": "open_a_i_reasoning", "id": tool_id, "summary": [text(rng, 4)]}),
        5 => json!({"type": "tool_use", "id": tool_id, "name": "bash", "input": any_json(rng, 3)}),
        6 => json!({"type": "tool_result", "tool_use_id": tool_id, "content": body(rng)}),
        7 => json!({"type": "image", "media_type": "image/png", "data": base64(rng, 200)}),
        _ => json!({"type": "open_a_i_compaction", "encrypted_content": base64(rng, 90)}),
    };
    match kind {
        0 if rng.one_in(4) => b["cache_control"] = json!({"type": "ephemeral", "ttl": null}),
        4 => {
            option(&mut b, "encrypted_content", rng, |r| base64(r, 60).into());
            option(&mut b, "status", rng, |_| "completed".into());
        }
        5 if rng.one_in(4) => b["thought_signature"] = base64(rng, 30).into(),
        6 => option(&mut b, "is_error", rng, |r| r.one_in(2).into()),
        _ => {}
    }
    if rng.one_in(15) {
        b["x_unknown"] = any_json(rng, 1);
    }
    b
}

fn base64(rng: &mut ModelRng, len: usize) -> String {
    let len = rng.range(len / 2, len + 1);
    (0..len).map(|_| *rng.pick(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") as char).collect()
}

pub const BLOCK_KINDS: usize = 9;

/// jcode's own form of an id.
pub fn message_id(rng: &mut ModelRng, now: u64) -> String {
    format!("message_{}_{}", now / 1_000_000, rng.u64())
}

/// A turn in jcode's form: a prompt, an answer, or a tool call and its result.
pub fn turn(rng: &mut ModelRng, clock: &mut impl FnMut(&mut ModelRng) -> u64) -> Vec<Value> {
    let tool_id = format!("toolu_{:x}", rng.u64() >> 32);
    let user = |rng: &mut ModelRng| if rng.one_in(5) { vec![7, 0] } else { vec![0] };
    let shapes: Vec<(&str, Vec<usize>)> = match rng.below(4) {
        0 => vec![("user", user(rng))],
        1 => vec![("user", user(rng)), ("assistant", vec![rng.range(1, 5), 0])],
        2 => vec![("assistant", vec![rng.range(0, 5), 5]), ("user", vec![6])],
        _ if rng.one_in(4) => vec![("assistant", vec![8])],
        _ if rng.one_in(6) => vec![("assistant", vec![])],
        _ => vec![("assistant", vec![0])],
    };
    shapes.into_iter().map(|(role, kinds)| message(rng, clock, role, &tool_id, &kinds)).collect()
}

fn message(
    rng: &mut ModelRng,
    clock: &mut impl FnMut(&mut ModelRng) -> u64,
    role: &str,
    tool_id: &str,
    kinds: &[usize],
) -> Value {
    let now = clock(rng);
    let content: Vec<Value> = kinds.iter().map(|kind| block(rng, tool_id, *kind)).collect();
    // jcode accepts any text as an id. These collide with each other and with generated names.
    let id = if rng.one_in(40) {
        rng.pick(&["", "a b", "日本", "@12", "x#5", "../x", "\u{0}"]).to_string()
    } else {
        message_id(rng, now)
    };
    let mut m = json!({"id": id, "role": role, "content": content});
    if rng.one_in(8) {
        m["display_role"] = rng.pick(&[json!("system"), json!("background_task"), Value::Null]).clone();
    }
    match rng.below(12) {
        0 => {}
        1 => m["timestamp"] = Value::Null,
        _ => m["timestamp"] = time::format(now).into(),
    }
    if kinds == [6] {
        option(&mut m, "tool_duration_ms", rng, |r| r.below(100_000).into());
    }
    if role == "assistant" {
        option(
            &mut m,
            "token_usage",
            rng,
            |r| json!({"input_tokens": r.below(100_000), "output_tokens": r.u64(), "cache_read_input_tokens": null}),
        );
    }
    if rng.one_in(20) {
        m["x_unknown"] = any_json(rng, 2);
    }
    m
}

pub fn env_snapshot(rng: &mut ModelRng, now: u64, session_id: &str) -> Value {
    let mut e = json!({"captured_at": time::format(now), "reason": "resume", "session_id": session_id,
        "working_dir": "/home/u/проект", "provider": "claude", "model": "claude-opus-4-6", "jcode_version": "0.79.1",
        "jcode_git_hash": null, "jcode_git_dirty": false, "os": "linux", "arch": "x86_64", "pid": rng.below(99_999),
        "is_selfdev": false, "is_debug": false, "is_canary": rng.one_in(2), "testing_build": null});
    option(
        &mut e,
        "working_git",
        rng,
        |r| json!({"root": "/home/u", "head": base64(r, 40), "branch": "main", "dirty": null}),
    );
    e
}

pub fn memory_injection(rng: &mut ModelRng, now: u64, before: usize) -> Value {
    let mut m = json!({"summary": "🧠 recalled 2", "content": body(rng), "count": 2});
    option(&mut m, "age_ms", rng, |r| r.u64().into());
    option(&mut m, "before_message", rng, |_| before.into());
    match rng.below(3) {
        0 => {}
        n => m["memory_ids"] = (1..n).map(|i| format!("mem_{i}")).collect(),
    }
    m["timestamp"] = time::format(now).into();
    m
}

pub fn replay_event(rng: &mut ModelRng, now: u64) -> Value {
    let mut e = json!({"timestamp": time::format(now)});
    let rest = match rng.below(4) {
        0 => {
            json!({"event": "swarm_status", "members": [{"session_id": "session_owl_1", "friendly_name": null, "status": "running", "live_attachments": 1, "todo_progress": [1, 3]}]})
        }
        1 => {
            json!({"event": "swarm_plan", "swarm_id": "w", "version": rng.u64(), "participants": [], "reason": null,
            "items": [{"content": text(rng, 3), "status": "pending", "priority": "high", "id": "p1", "blocked_by": []}]})
        }
        _ => {
            json!({"event": "display_message", "role": "system", "title": *rng.pick(&[Some("note"), None]), "content": text(rng, 5)})
        }
    };
    e.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
    e
}
