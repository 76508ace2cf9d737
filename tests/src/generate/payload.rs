//! The payloads of entries: messages in all roles that pi knows, and the fields of the other kinds. Some hold objects
//! that look like entries, which no reader may take for one.

use rand::RngExt;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use crate::generate::Random;
use crate::generate::text::{name, text};

/// The value of a `message` field. `hook_role` is this dialect's role for messages of extensions.
pub fn message(bytes: usize, ms: u64, hook_role: &str, rng: &mut Random) -> Value {
    match rng.random_range(0..13) {
        0..3 => user(bytes, ms, rng),
        3..6 => assistant(bytes, ms, rng),
        6..8 => tool_result(bytes, ms, rng),
        8..10 => system(bytes, ms, rng),
        10 => not_invented_yet(bytes, ms, rng),
        11 => json!({
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
    let mut message = json!({
        "role": "assistant", "content": content, "api": "anthropic-messages", "provider": "anthropic",
        "model": "claude-sonnet-4-5", "usage": usage(rng),
        "stopReason": if rng.random_bool(0.8) { "toolUse" } else { "aborted" }, "timestamp": ms
    });
    if rng.random_ratio(1, 20) {
        message["content"] = json!([]);
        message["stopReason"] = json!("deferred");
        message["deferred"] = json!({
            "provider": "anthropic", "modelId": "claude-sonnet-4-5", "api": "anthropic-messages",
            "id": format!("batch_{:08x}", rng.random::<u32>()), "pollAfterMs": 5000, "data": look_alike(rng)
        });
    }
    message
}

fn tool_result(bytes: usize, ms: u64, rng: &mut Random) -> Value {
    let id = format!("toolu_{:08x}", rng.random::<u32>());
    let mut message = json!({
        "role": "toolResult", "toolCallId": id,
        "toolName": "read", "content": [{"type": "text", "text": text(bytes, rng)}],
        "details": look_alike(rng), "isError": rng.random_bool(0.1), "timestamp": ms
    });
    if rng.random_bool(0.2) {
        message["usage"] = usage(rng);
        message["nestedCalls"] = json!({
            "calls": [
                {"id": format!("{id}/1"), "name": "read", "arguments": {"path": name(rng)}, "status": "ok", "durationMs": 12},
                {"id": format!("{id}/2"), "name": "edit", "argumentsBytes": 90_000, "status": "error", "error": text(40, rng)}
            ],
            "complete": rng.random_bool(0.5)
        });
    }
    message
}

/// A change of the prompt: everything stands beside an empty `content`.
pub fn system(bytes: usize, ms: u64, rng: &mut Random) -> Value {
    let removed = if rng.random_bool(0.5) { json!("edit") } else { json!({"name": "edit"}) };
    json!({
        "role": "system", "content": if rng.random_bool(0.8) { "" } else { "You help." },
        "sections": {
            "preamble": text(bytes, rng), (name(rng)): text(bytes / 2, rng),
            "skills": if rng.random_bool(0.5) { Value::Null } else { json!(text(bytes / 4, rng)) }
        },
        "toolsAdded": [{"name": "bash", "description": text(20, rng), "parameters": {"type": "object", "x": look_alike(rng)}}],
        "toolsRemoved": if rng.random_bool(0.5) { json!([removed]) } else { json!([]) },
        "timestamp": ms
    })
}

/// A message with a role or fields that no reader knows.
fn not_invented_yet(bytes: usize, ms: u64, rng: &mut Random) -> Value {
    let known = rng.random_bool(0.5);
    json!({
        "role": if known { "user" } else { "narrator" }, "content": if known { json!([]) } else { Value::Null },
        "verse": text(bytes, rng), "lines": [rng.random_range(0..9), text(8, rng)], "meta": look_alike(rng),
        "timestamp": ms
    })
}

/// Token counts and their price.
pub fn usage(rng: &mut Random) -> Value {
    json!({
        "input": rng.random_range(0..9000), "output": rng.random_range(0..900), "cacheRead": 0,
        "cacheWrite": 0, "cost": {"input": 0.000_123, "output": 1.5e-7, "total": -0.0}
    })
}

/// An object with some or all of an entry's fields, in any order.
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
