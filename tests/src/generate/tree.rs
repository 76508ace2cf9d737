//! Well-formed logs whose entries form a tree: `tree-v3`, and `tree-v2`, which differs in its header and in one role.
//! Every kind of pi appears, and an unknown one.

use rand::RngExt;
use rand::seq::IndexedRandom;
use serde_json::{Map, Value, json};

use crate::generate::clock::Clock;
use crate::generate::ids::{Ids, uuid7};
use crate::generate::payload::{look_alike, message, system, usage};
use crate::generate::text::{name, text};
use crate::generate::{LogShape, Random, random};

/// A well-formed `tree-v3` log.
#[must_use]
pub fn tree_v3(shape: LogShape, seed: u64) -> Vec<u8> {
    tree(shape, seed, 3, "custom")
}

/// A well-formed `tree-v2` log.
#[must_use]
pub fn tree_v2(shape: LogShape, seed: u64) -> Vec<u8> {
    tree(shape, seed, 2, "hookMessage")
}

/// The members of one kind, without `type` and the fields of every entry.
type Members = Vec<(&'static str, Value)>;

struct Tree {
    rng: Random,
    clock: Clock,
    /// Ids of the entries so far.
    ids: Vec<String>,
    entry_bytes: usize,
    hook_role: &'static str,
}

fn tree(shape: LogShape, seed: u64, version: u64, hook_role: &'static str) -> Vec<u8> {
    let mut rng = random(seed);
    let mut clock = Clock::start(&mut rng);
    let session_id = uuid7(clock.0, rng.random());
    let mut header = json!({
        "type": "session", "version": version, "id": session_id,
        "timestamp": clock.rfc3339(), "cwd": "/home/größe/src"
    });
    if rng.random_bool(0.2) {
        header["parentSession"] = json!("/home/x/.pi/agent/sessions/a.jsonl");
    }
    let mut log = format!("{header}\n");
    let mut ids = Ids::new(shape.ids);
    clock.tick(&mut rng);
    let entry_bytes = shape.entry_bytes;
    let mut tree = Tree { rng, clock, ids: Vec::new(), entry_bytes, hook_role };
    for _ in 0..shape.entries {
        let branches = tree.rng.random_ratio(shape.branch_percent.min(100), 100);
        let parent = tree.parent(branches);
        let id = ids.next(tree.clock.0, &mut tree.rng);
        let (kind, members) = tree.kind(branches);
        let entry = tree.entry(kind, members, &id, parent);
        log += &Value::Object(entry).to_string();
        log.push('\n');
        tree.ids.push(id);
        tree.clock.tick(&mut tree.rng);
    }
    log.into_bytes()
}

impl Tree {
    fn parent(&mut self, branches: bool) -> Value {
        match self.ids.last() {
            // Going back to before the first entry makes a second root.
            Some(_) if branches && self.rng.random_ratio(1, 20) => Value::Null,
            Some(_) if branches => self.earlier(),
            Some(last) => json!(last),
            None => Value::Null,
        }
    }

    /// The id of an earlier entry, mostly a late one.
    fn earlier(&mut self) -> Value {
        let from = if self.rng.random_bool(0.7) { self.ids.len().saturating_sub(10) } else { 0 };
        json!(self.ids[from..].choose(&mut self.rng))
    }

    /// The entry as an object. pi writes the fields of every entry first for messages, and last for some kinds.
    fn entry(&mut self, kind: &str, payload: Members, id: &str, parent: Value) -> Map<String, Value> {
        let own = [("id", json!(id)), ("parentId", parent), ("timestamp", json!(self.clock.rfc3339()))];
        let own_last = kind.starts_with("custom") || self.rng.random_ratio(1, 10);
        let members: Members =
            if own_last { payload.into_iter().chain(own).collect() } else { own.into_iter().chain(payload).collect() };
        let mut entry = Map::new();
        entry.insert("type".to_owned(), json!(kind));
        entry.extend(members.into_iter().map(|(key, value)| (key.to_owned(), value)));
        entry
    }

    fn kind(&mut self, branches: bool) -> (&'static str, Members) {
        let bytes = self.length();
        let rng = &mut self.rng;
        if self.ids.is_empty() {
            return ("message", vec![("message", message(bytes, self.clock.0, self.hook_role, rng))]);
        }
        if branches && rng.random_bool(0.4) {
            let summary = json!(text(bytes, rng));
            let from = self.earlier();
            return ("branch_summary", vec![("fromId", from), ("summary", summary)]);
        }
        match rng.random_range(0..100) {
            0..3 => ("model_change", vec![("provider", json!("openai")), ("modelId", json!("gpt-5.1"))]),
            3..6 => ("thinking_level_change", vec![("thinkingLevel", json!("high"))]),
            6..8 => {
                let (summary, details) = (json!(text(bytes, rng)), look_alike(rng));
                let kept = self.earlier();
                let tokens = json!(50_000);
                let mut members = vec![
                    ("summary", summary),
                    ("firstKeptEntryId", kept),
                    ("tokensBefore", tokens),
                    ("details", details),
                ];
                if self.rng.random_bool(0.5) {
                    members.push(("systemMessage", system(bytes, self.clock.0, &mut self.rng)));
                }
                ("compaction", members)
            }
            8..11 => ("custom", vec![("customType", json!("ext/state")), ("data", look_alike(rng))]),
            11..14 => (
                "custom_message",
                vec![
                    ("customType", json!("ext")),
                    ("content", json!(text(bytes, rng))),
                    ("display", json!(true)),
                    ("details", look_alike(rng)),
                ],
            ),
            14..22 => {
                let label = json!(name(rng));
                ("label", vec![("targetId", self.earlier()), ("label", label)])
            }
            22..25 => ("label", vec![("targetId", self.earlier())]),
            25..28 => ("session_info", vec![("name", json!(name(rng)))]),
            28 => {
                let (kind, model) = (json!("cache_warm"), json!("claude-sonnet-4-5"));
                let provider = json!("anthropic");
                ("usage", vec![("kind", kind), ("provider", provider), ("model", model), ("usage", usage(rng))])
            }
            29..31 => {
                let replacement = match rng.random_range(0..3) {
                    0 => Value::Null,
                    1 => json!({"content": text(bytes, rng)}),
                    _ => json!({"content": [{"type": "text", "text": text(bytes, rng)}]}),
                };
                let target = self.earlier();
                ("context_edit", vec![("targetId", target), ("replacement", replacement), ("label", json!("no label"))])
            }
            31 => ("not_invented_yet", vec![("payload", look_alike(rng))]),
            _ => ("message", vec![("message", message(bytes, self.clock.0, self.hook_role, rng))]),
        }
    }

    /// Text lengths vary widely around the average, as tool output does.
    fn length(&mut self) -> usize {
        let average = self.entry_bytes.saturating_sub(200).max(8);
        let factor = if self.rng.random_ratio(1, 40) { 8 } else { 1 };
        self.rng.random_range(1..average * 2) * factor
    }
}
