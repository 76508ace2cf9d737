//! A session as jcode holds it in memory, and its two ways to the disk: a line appended to the journal, or a checkpoint
//! (the whole snapshot).

use super::record;
use super::rng::ModelRng;
use super::time;
use serde_json::{Map, Value, json};

/// jcode takes a checkpoint when the journal is longer than this.
pub const MAX_JOURNAL: usize = 512 * 1024;
/// The number of environment snapshots that jcode keeps; one more drops the first.
pub const MAX_ENV: usize = 8;

/// The fields of `meta`, in the order in which jcode writes them.
const META: [&str; 23] = [
    "parent_id",
    "title",
    "custom_title",
    "updated_at",
    "compaction",
    "provider_session_id",
    "provider_key",
    "model",
    "reasoning_effort",
    "subagent_model",
    "improve_mode",
    "autoreview_enabled",
    "autojudge_enabled",
    "is_canary",
    "testing_build",
    "working_dir",
    "short_name",
    "status",
    "last_pid",
    "last_active_at",
    "is_debug",
    "saved",
    "save_label",
];
/// The arrays of a session. For each, the length at the last save is kept.
const ARRAYS: [&str; 4] = ["messages", "env_snapshots", "memory_injections", "replay_events"];

pub struct State {
    pub session: Map<String, Value>,
    saved: [usize; 4],
    now: u64,
}

impl State {
    pub fn new(rng: &mut ModelRng) -> State {
        let now = 1_760_000_000 * time::SECOND + rng.u64() % (40_000_000 * time::SECOND);
        let name = *rng.pick(&["fox", "oak", "owl", "elm", "jay"]);
        let id = format!("session_{name}_{}_{:08x}", now / 1_000_000, rng.u64() >> 32);
        let session = json!({"id": id, "parent_id": null, "title": "Task: refactor storage", "created_at": time::format(now),
            "updated_at": time::format(now), "messages": [], "provider_key": "claude", "model": "claude-opus-4-6",
            "is_canary": false, "working_dir": "/home/u/проект", "short_name": name, "status": "Active", "last_pid": 6709,
            "last_active_at": time::format(now), "is_debug": false, "saved": false});
        let Value::Object(session) = session else { unreachable!() };
        let mut state = State { session, saved: [0; 4], now };
        state.decorate(rng);
        state
    }

    /// Resumes a session that was loaded from its files.
    pub fn resume(session: Map<String, Value>) -> State {
        let at = session["updated_at"].as_str().and_then(time::parse).unwrap_or(0);
        let mut state = State { session, saved: [0; 4], now: at };
        state.mark_saved();
        state
    }

    /// Adds rare features: a route, fields of a newer jcode (a large one too), missing flags.
    fn decorate(&mut self, rng: &mut ModelRng) {
        if rng.one_in(2) {
            self.session.insert("route_api_method".into(), "openai-api".into());
        }
        if rng.one_in(4) {
            self.session.insert("x_future".into(), record::any_json(rng, 3));
        }
        if rng.one_in(8) {
            self.session.insert("x_large".into(), record::text(rng, 1200).into());
        }
        if rng.one_in(6) {
            for flag in ["is_canary", "is_debug", "saved", "status"] {
                self.session.shift_remove(flag);
            }
        }
        if rng.one_in(6) {
            self.session.shift_remove("working_dir");
        }
    }

    pub fn id(&self) -> &str {
        self.session["id"].as_str().expect("an id is a string")
    }

    pub fn list(&mut self, name: &str) -> &mut Vec<Value> {
        let list = self.session.entry(name).or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut().expect("an array")
    }

    pub fn mark_saved(&mut self) {
        self.saved = ARRAYS.map(|name| self.list(name).len());
        // jcode does not write empty side arrays. Older versions sometimes did, so some are kept.
        self.session.retain(|name, v| name == "messages" || v.as_array().is_none_or(|list| !list.is_empty()));
    }

    /// Moves the clock: mostly a little forward, sometimes not at all, so that records share a time, and sometimes
    /// back, like a clock that is set.
    fn tick(now: &mut u64, rng: &mut ModelRng) -> u64 {
        match rng.below(12) {
            0 => {}
            1 => *now -= rng.u64() % time::SECOND,
            2 => *now = (*now / time::SECOND + 1) * time::SECOND,
            _ => *now += rng.u64() % (20 * time::SECOND),
        }
        *now
    }

    /// A turn of the conversation, sometimes with side records.
    pub fn converse(&mut self, rng: &mut ModelRng) {
        let mut now = self.now;
        if rng.one_in(6) {
            let at = Self::tick(&mut now, rng);
            let event = record::replay_event(rng, at);
            self.list("replay_events").push(event);
        }
        if rng.one_in(6) {
            let before = self.list("messages").len();
            let at = Self::tick(&mut now, rng);
            self.list("memory_injections").push(record::memory_injection(rng, at, before));
        }
        let turn = record::turn(rng, &mut |rng| Self::tick(&mut now, rng));
        self.list("messages").extend(turn);
        self.now = now;
    }

    pub fn record_env(&mut self, rng: &mut ModelRng) {
        let at = Self::tick(&mut self.now, rng);
        let env = record::env_snapshot(rng, at, self.id());
        self.list("env_snapshots").push(env);
    }

    /// Changes metadata that needs no checkpoint.
    pub fn change_meta(&mut self, rng: &mut ModelRng) {
        let changes = [
            ("model", json!("gpt-5.2-codex")),
            ("provider_session_id", json!(format!("{:x}", rng.u64()))),
            ("provider_session_id", Value::Null),
            ("last_pid", json!(rng.below(99_999))),
            ("last_active_at", json!(time::format(self.now))),
            (
                "compaction",
                json!({"summary_text": record::text(rng, 40), "covers_up_to_turn": 3, "original_turn_count": 9, "compacted_count": 3}),
            ),
            (
                "compaction",
                json!({"summary_text": record::text(rng, 900), "openai_encrypted_content": null, "covers_up_to_turn": 9007199254740993u64, "original_turn_count": 9, "compacted_count": 3}),
            ),
            ("compaction", Value::Null),
        ];
        self.set(rng.pick(&changes).clone());
    }

    /// Changes metadata for which jcode takes a checkpoint. The replay must also take it from a journal.
    pub fn change_title(&mut self, rng: &mut ModelRng) {
        let changes = [
            ("title", json!(record::text(rng, 3))),
            ("title", Value::Null),
            ("custom_title", json!("Renamed 日本")),
            ("status", json!("Closed")),
            ("status", json!({"Crashed": {"message": null}})),
            ("status", json!({"Error": {"message": record::text(rng, 2)}})),
            ("saved", json!(true)),
            ("save_label", json!("keep")),
            ("working_dir", json!("/tmp")),
            ("improve_mode", json!("improve_run")),
            ("parent_id", json!("session_owl_1")),
            ("autoreview_enabled", json!(rng.one_in(2))),
        ];
        self.set(rng.pick(&changes).clone());
    }

    fn set(&mut self, (name, value): (&str, Value)) {
        self.session.insert(name.into(), value);
    }

    fn touch(&mut self, rng: &mut ModelRng) {
        Self::tick(&mut self.now, rng);
        self.session.insert("updated_at".into(), time::format(self.now).into());
    }

    /// The snapshot that a checkpoint writes.
    pub fn checkpoint(&mut self, rng: &mut ModelRng) -> Vec<u8> {
        self.touch(rng);
        self.mark_saved();
        Value::Object(self.session.clone()).to_string().into_bytes()
    }

    /// The line (with its LF) that a save appends: the complete metadata, and the new elements of the arrays.
    pub fn journal_line(&mut self, rng: &mut ModelRng) -> Vec<u8> {
        self.touch(rng);
        let mut meta = Map::new();
        for name in META {
            let value = match (self.session.get(name), name) {
                (Some(value), _) => value.clone(),
                (None, "is_canary" | "is_debug" | "saved") => false.into(),
                (None, "status") => "Active".into(),
                (None, _) => Value::Null,
            };
            // An absent field clears like null does; some writers omit nulls.
            if !(value.is_null() && rng.one_in(8)) {
                meta.insert(name.into(), value);
            }
        }
        let mut entry = Map::from_iter([("meta".to_owned(), Value::Object(meta))]);
        for (name, from) in ARRAYS.into_iter().zip(self.saved) {
            let new = self.list(name)[from..].to_vec();
            if !new.is_empty() || rng.one_in(30) {
                entry.insert(format!("append_{name}"), new.into());
            }
        }
        if rng.one_in(20) {
            entry.insert("x_sequence".into(), rng.below(99).into());
        }
        self.mark_saved();
        let mut line = Value::Object(entry).to_string().into_bytes();
        line.push(b'\n');
        line
    }
}
