//! Sessions of Gemini CLI.
//!
//! Owns: lines as that program writes them: messages that are written again while they grow, with their calls and results
//! in them, changes of the session, lists that take the place of all messages, and what is taken back; and the one
//! document of older versions.

use rand::RngExt;
use serde_json::{Value, json};

use super::{Teller, lines, uuid};
use crate::generate::clock::Clock;
use crate::generate::{Random, random};

/// A session of about so many turns, in lines.
#[must_use]
pub fn gemini(turns: usize, seed: u64) -> Vec<u8> {
    let mut writer = Writer::new(seed);
    let session = writer.session();
    writer.put(&session);
    writer.turns(turns);
    lines(writer.lines)
}

/// A session of about so many turns, as one document.
#[must_use]
pub fn gemini_document(turns: usize, seed: u64) -> Vec<u8> {
    let mut writer = Writer::new(seed);
    for _ in 0..turns {
        writer.prompt();
        let answer = writer.answer();
        writer.now.push(answer);
    }
    let mut session = writer.session();
    session["summary"] = writer.text().into();
    session["messages"] = writer.now.into();
    format!("{session:#}\n").into_bytes()
}

struct Writer {
    rng: Random,
    clock: Clock,
    lines: Vec<Value>,
    /// The messages that count.
    now: Vec<Value>,
    count: u64,
}

impl Teller for Writer {
    fn drawn(&mut self) -> (&mut Random, &mut u64) {
        (&mut self.rng, &mut self.count)
    }

    fn turn(&mut self) {
        match self.rng.random_range(0..12) {
            0 => self.rewind(),
            1 => self.checkpoint(),
            2 => {
                let summary = self.text();
                self.put(&json!({"$set": {"summary": summary}}));
            }
            3 => self.note(),
            _ => {}
        }
        let prompt = self.prompt();
        self.put(&prompt);
        for _ in 0..self.rng.random_range(1..3) {
            let answer = self.answer();
            let (states, mut early) = (self.rng.random_range(0..3), answer.clone());
            for _ in 0..states {
                // Written while it grew.
                early["content"] = self.text().into();
                early["toolCalls"] = json!([]);
                self.put(&early);
            }
            self.put(&answer);
            self.now.push(answer);
        }
        let time = self.time();
        self.put(&json!({"$set": {"lastUpdated": time}}));
    }
}

impl Writer {
    fn new(seed: u64) -> Self {
        let mut rng = random(seed);
        let clock = Clock::start(&mut rng);
        Self { rng, clock, lines: Vec::new(), now: Vec::new(), count: 0 }
    }

    fn time(&mut self) -> String {
        self.clock.tick(&mut self.rng);
        self.clock.rfc3339()
    }

    fn put(&mut self, record: &Value) {
        self.lines.push(record.clone());
    }

    fn session(&mut self) -> Value {
        let id = uuid(&mut self.rng);
        let time = self.time();
        json!({"sessionId": id, "projectHash": "0f", "startTime": time, "lastUpdated": time, "kind": "main"})
    }

    fn prompt(&mut self) -> Value {
        let (said, time) = (self.text(), self.time());
        let content = match self.rng.random_range(0..3) {
            0 => json!(said),
            1 => json!([{"text": said}, {"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}}]),
            _ => json!([{"text": said}]),
        };
        let prompt = json!({"id": format!("u{}", self.count), "timestamp": time, "type": "user", "content": content});
        self.now.push(prompt.clone());
        prompt
    }

    fn answer(&mut self) -> Value {
        let (said, time) = (self.text(), self.time());
        let mut answer = json!({"id": format!("g{}", self.count), "timestamp": time, "type": "gemini", "content": said,
            "model": "gemini-x", "tokens": {"input": 20, "output": 7, "cached": 5, "thoughts": 2, "tool": 0, "total": 29}});
        if self.one_in(2) {
            let thought = self.text();
            answer["thoughts"] = json!([{"subject": "", "description": thought, "timestamp": answer["timestamp"]}]);
        }
        let calls: Vec<Value> = (0..self.rng.random_range(0..3)).map(|_| self.call()).collect();
        if !calls.is_empty() {
            answer["toolCalls"] = calls.into();
        }
        answer
    }

    fn call(&mut self) -> Value {
        let (said, asked) = (self.text(), self.text());
        let id = format!("shell-{}", self.count);
        let mut call = json!({"id": id, "name": "shell", "args": {"command": asked}, "status": "success"});
        if !self.one_in(8) {
            let held = if self.one_in(4) { "error" } else { "output" };
            call["status"] = if held == "error" { "error" } else { "success" }.into();
            let response = json!({"functionResponse": {"id": id, "name": "shell", "response": {held: said}}});
            call["result"] = if self.one_in(6) { json!([response, {"text": "more"}]) } else { json!([response]) };
        }
        call
    }

    fn note(&mut self) {
        let (said, time) = (self.text(), self.time());
        let note = json!({"id": format!("n{}", self.count), "timestamp": time, "type": "info", "content": said});
        self.put(&note);
        self.now.push(note);
    }

    fn rewind(&mut self) {
        if self.now.is_empty() {
            return;
        }
        let to = self.rng.random_range(0..self.now.len());
        let is_known = !self.one_in(6);
        let id = if is_known { self.now[to]["id"].clone() } else { "unknown".into() };
        self.now.truncate(if is_known { to } else { 0 });
        self.put(&json!({"$rewindTo": id}));
    }

    /// A list of all messages: the same, fewer at the end, or others at the front.
    fn checkpoint(&mut self) {
        if self.now.len() < 2 {
            return;
        }
        match self.rng.random_range(0..3) {
            0 => {}
            1 => self.now.truncate(self.rng.random_range(1..self.now.len())),
            _ => {
                let dropped = self.rng.random_range(1..self.now.len());
                let (said, time) = (self.text(), self.time());
                let first =
                    json!({"id": format!("s{}", self.count), "timestamp": time, "type": "user", "content": said});
                self.now.splice(..dropped, [first]);
            }
        }
        self.lines.push(json!({"$set": {"messages": self.now}}));
    }
}
