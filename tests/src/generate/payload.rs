//! The payloads of entries: messages in all roles that pi knows, and what hangs on the other kinds.
//! Some hold objects that look like entries of their own, which no reader may take for one.

use rand::RngExt;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use crate::generate::Random;
use crate::generate::text::text;

/// The value of a `message` field. `hook_role` is what this dialect calls messages of extensions.
pub fn message(bytes: usize, ms: u64, hook_role: &str, rng: &mut Random) -> Value {
    match rng.random_range(0..10) {
        0..3 => user(bytes, ms, rng),
        3..6 => assistant(bytes, ms, rng),
        6..8 => tool_result(bytes, ms, rng),
        8 => json!({
            "role": "bashExecution", "command": "cargo test -- --nocapture", "output": text(bytes, rng),
            "exitCode": if rng.random_bool(0.5) { json!(0) } else { Value::Null },
            "cancelled": false, "truncated": rng.random_bool(0.2), "timestamp": ms
        }),
        _ => json!({
            "role": hook_role, "customType": "todo", "content": text(bytes, rng), "display": true,
            "details": look_alike(rng), "timestamp": ms
        }),
    }
}

fn user(bytes: usize, ms: u64, rng: &mut Random) -> Value {
    let content = if rng.random_bool(0.3) {
        json!(text(bytes, rng))
    } else {
        json!([{"type": "text", "text": text(bytes, rng)}])
    };
    json!({"role": "user", "content": content, "timestamp": ms})
}

fn assistant(bytes: usize, ms: u64, rng: &mut Random) -> Value {
    let mut content = vec![json!({"type": "text", "text": text(bytes / 2, rng)})];
    if rng.random_bool(0.4) {
        let thinking = text(bytes / 2, rng);
        content.insert(0, json!({"type": "thinking", "thinking": thinking, "thinkingSignature": ""}));
    }
    if rng.random_bool(0.5) {
        content.push(json!({
            "type": "toolCall", "id": format!("toolu_{:08x}", rng.random::<u32>()), "name": "edit",
            "arguments": {"path": "src/lib.rs", "oldText": text(bytes / 4, rng), "meta": look_alike(rng)}
        }));
    }
    json!({
        "role": "assistant", "content": content, "api": "anthropic-messages", "provider": "anthropic",
        "model": "claude-sonnet-4-5",
        "usage": {
            "input": rng.random_range(0..9000), "output": rng.random_range(0..900), "cacheRead": 0,
            "cacheWrite": 0, "cost": {"input": 0.000_123, "output": 1.5e-7, "total": -0.0}
        },
        "stopReason": if rng.random_bool(0.8) { "toolUse" } else { "aborted" }, "timestamp": ms
    })
}

fn tool_result(bytes: usize, ms: u64, rng: &mut Random) -> Value {
    json!({
        "role": "toolResult", "toolCallId": format!("toolu_{:08x}", rng.random::<u32>()),
        "toolName": "read", "content": [{"type": "text", "text": text(bytes, rng)}],
        "details": look_alike(rng), "isError": rng.random_bool(0.1), "timestamp": ms
    })
}

/// An object that has some or all of an entry's fields, in any order.
pub fn look_alike(rng: &mut Random) -> Value {
    let entry = json!({
        "type": "message", "id": "deadbeef", "parentId": null,
        "timestamp": "2025-01-01T00:00:00.000Z", "message": {"role": "user", "content": "not me"}
    });
    let choices = [
        entry.clone(),
        json!([entry]),
        json!({"id": "deadbeef", "parentId": "deadbeef"}),
        json!({"session": {"type": "session", "version": 3, "id": "inner"}, "n": 12_345_678_901_234_567_u64}),
        json!({"label": "x", "targetId": "y", "type": "label"}),
        json!({}),
        Value::Null,
    ];
    choices.choose(rng).cloned().unwrap_or(Value::Null)
}
