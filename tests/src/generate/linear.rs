//! Well-formed `linear-v1` logs: entries without ids in one chain, compactions that point at a record by its number,
//! messages of extensions under their old role.

use rand::RngExt;
use serde_json::{Value, json};

use crate::generate::clock::Clock;
use crate::generate::ids::uuid7;
use crate::generate::payload::message;
use crate::generate::text::text;
use crate::generate::{LogShape, Random, random};

/// A well-formed `linear-v1` log. The shape's `branch_percent` and `ids` have no effect here.
#[must_use]
pub fn linear_v1(shape: LogShape, seed: u64) -> Vec<u8> {
    let mut rng = random(seed);
    let mut clock = Clock::start(&mut rng);
    let mut header = json!({
        "type": "session", "id": uuid7(clock.0, rng.random()), "timestamp": clock.rfc3339(),
        "cwd": "/Users/größe/src", "provider": "anthropic", "modelId": "claude-sonnet-4-5",
        "thinkingLevel": "off"
    });
    if rng.random_bool(0.3) {
        header["version"] = json!(1);
    }
    let mut log = format!("{header}\n");
    // Some versions of pi wrote ids already; such entries keep them.
    let some_have_ids = rng.random_ratio(1, 5);
    let mut last_id = None;
    for record in 1..=shape.entries {
        clock.tick(&mut rng);
        let mut entry = entry(record, shape.entry_bytes, clock, &mut rng);
        if some_have_ids && rng.random_bool(0.5) {
            let id = uuid7(clock.0, rng.random());
            entry["id"] = json!(id);
            if rng.random_bool(0.5) {
                entry["parentId"] = json!(last_id);
            }
            last_id = Some(id);
        }
        log += &entry.to_string();
        log.push('\n');
    }
    log.into_bytes()
}

fn entry(record: usize, entry_bytes: usize, clock: Clock, rng: &mut Random) -> Value {
    let bytes = rng.random_range(1..entry_bytes.saturating_sub(150).max(8) * 2);
    let time = clock.rfc3339();
    match rng.random_range(0..20) {
        0 => {
            json!({"type": "model_change", "timestamp": time, "provider": "openai", "modelId": "gpt-5.1"})
        }
        1..3 => {
            json!({"type": "thinking_level_change", "timestamp": time, "thinkingLevel": "minimal"})
        }
        3..5 => json!({
            "type": "compaction", "timestamp": time, "summary": text(bytes, rng),
            "firstKeptEntryIndex": first_kept(record, rng), "tokensBefore": 50_000
        }),
        _ => {
            let message = message(bytes, clock.0, "hookMessage", rng);
            json!({"type": "message", "timestamp": time, "message": message})
        }
    }
}

/// Mostly a record before this one; sometimes the header, this record, or a number without a record.
fn first_kept(record: usize, rng: &mut Random) -> Value {
    match rng.random_range(0..12) {
        0 => json!(0),
        1 => json!(record),
        2 => json!(record + 1_000_000),
        3 => json!(-1),
        _ => json!(rng.random_range(0..record)),
    }
}
