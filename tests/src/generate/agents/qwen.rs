//! Transcripts of Qwen Code.
//!
//! Owns: records as that program writes them: a tree of prompts, responses with calls side by side and results in records
//! of their own, rewinds, compressions, titles written again, and telemetry between them.

use rand::RngExt;
use serde_json::{Value, json};

use super::{Teller, lines, uuid};
use crate::generate::clock::Clock;
use crate::generate::{Random, random};

/// A session of about so many turns.
#[must_use]
pub fn qwen(turns: usize, seed: u64) -> Vec<u8> {
    let mut writer = Writer::new(seed);
    writer.turns(turns);
    lines(writer.lines)
}

struct Writer {
    rng: Random,
    clock: Clock,
    lines: Vec<String>,
    session: String,
    count: u64,
    /// The record to follow.
    last: Option<String>,
    /// What stood before each prompt of the conversation.
    before: Vec<Option<String>>,
    title: Option<String>,
}

impl Teller for Writer {
    fn drawn(&mut self) -> (&mut Random, &mut u64) {
        (&mut self.rng, &mut self.count)
    }

    fn turn(&mut self) {
        match self.rng.random_range(0..14) {
            0 if !self.before.is_empty() => {
                let to = self.rng.random_range(0..self.before.len());
                self.last = self.before[to].clone();
                let taken = self.before.len() - to;
                self.before.truncate(to);
                self.system("rewind", json!({"truncatedCount": taken}));
            }
            1 => {
                let kept = self.text();
                let history = json!([{"role": "user", "parts": [{"text": kept}]}, {"role": "model", "parts": []}]);
                let info = json!({"originalTokenCount": 1234, "newTokenCount": 100});
                self.system("chat_compression", json!({"info": info, "compressedHistory": history}));
            }
            2 | 3 => {
                let new = self.text();
                let title = self.title.get_or_insert(new).clone();
                self.system("custom_title", json!({"customTitle": title, "titleSource": "auto"}));
                if self.one_in(2) {
                    self.title = None;
                }
            }
            4 => self.put("some_new_kind", json!({"what": [1, {"a": null}]})),
            5 => {
                let said = self.text();
                let message = json!({"role": "user", "parts": [{"text": said}]});
                self.put("user", json!({"subtype": "notification", "message": message}));
            }
            _ => {}
        }
        self.before.push(self.last.clone());
        let said = self.text();
        let mut parts = vec![json!({"text": said})];
        if self.one_in(4) {
            parts.push(json!({"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}));
        }
        self.put("user", json!({"message": {"role": "user", "parts": parts}}));
        for _ in 0..self.rng.random_range(1..4) {
            self.response();
        }
    }
}

impl Writer {
    fn new(seed: u64) -> Self {
        let mut rng = random(seed);
        let clock = Clock::start(&mut rng);
        let session = uuid(&mut rng);
        Self { rng, clock, lines: Vec::new(), session, count: 0, last: None, before: Vec::new(), title: None }
    }

    /// Writes a record behind the last one.
    fn put(&mut self, kind: &str, more: Value) {
        self.clock.tick(&mut self.rng);
        self.count += 1;
        let uuid = format!("{:08x}-0000-4000-9000-{:012x}", self.rng.random::<u32>(), self.count);
        let mut record = json!({"uuid": uuid, "parentUuid": self.last, "sessionId": self.session,
            "timestamp": self.clock.rfc3339(), "type": kind, "cwd": "/home/user/project", "version": "0.20.0"});
        for (name, value) in more.as_object().into_iter().flatten() {
            record[name.as_str()] = value.clone();
        }
        self.lines.push(record.to_string());
        self.last = Some(uuid);
    }

    fn system(&mut self, subtype: &str, payload: Value) {
        self.put("system", json!({"subtype": subtype, "systemPayload": payload}));
    }

    fn response(&mut self) {
        let mut parts = Vec::new();
        if self.one_in(2) {
            parts.push(json!({"text": self.text(), "thought": true}));
        }
        if !self.one_in(4) {
            parts.push(json!({"text": self.text()}));
        }
        let mut calls = Vec::new();
        for _ in 0..self.rng.random_range(0..3) {
            let said = self.text();
            let id = format!("call_{}", self.count);
            parts.push(json!({"functionCall": {"id": id, "name": "shell", "args": {"command": said}}}));
            calls.push(id);
        }
        let usage = json!({"promptTokenCount": 20, "cachedContentTokenCount": 5, "candidatesTokenCount": 7});
        let message = json!({"role": "model", "parts": parts});
        self.put("assistant", json!({"model": "qwen-x", "usageMetadata": usage, "message": message}));
        for call in calls {
            if self.one_in(20) {
                // Interrupted: it has none.
                continue;
            }
            if self.one_in(5) {
                self.system("ui_telemetry", json!({"uiEvent": {"name": "tool"}}));
            }
            let (said, is_beside) = (self.text(), self.one_in(5));
            let held = if self.one_in(6) { "error" } else { "output" };
            let id = if is_beside { "another".to_string() } else { call.clone() };
            let part = json!({"functionResponse": {"id": id, "name": "shell", "response": {held: said}}});
            let beside = json!({"callId": call, "status": if held == "error" { "error" } else { "success" }});
            let message = json!({"role": "user", "parts": [part]});
            self.put("tool_result", json!({"message": message, "toolCallResult": beside}));
        }
    }
}
