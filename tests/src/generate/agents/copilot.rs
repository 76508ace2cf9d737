//! Events of Copilot CLI.
//!
//! Owns: events as that program writes them: turns around responses, calls that begin and end, hooks, what sub-agents do
//! in between, compactions, and what was gone back behind.

use rand::RngExt;
use serde_json::{Value, json};

use super::{Teller, lines, uuid};
use crate::generate::clock::Clock;
use crate::generate::{Random, random};

/// A session of about so many turns.
#[must_use]
pub fn copilot(turns: usize, seed: u64) -> Vec<u8> {
    let mut writer = Writer::new(seed);
    let id = uuid(&mut writer.rng);
    let context = json!({"cwd": "/home/user/project", "branch": "main"});
    writer.put("session.start", json!({"sessionId": id, "selectedModel": "gpt-x", "context": context}));
    writer.turns(turns);
    lines(writer.lines)
}

struct Writer {
    rng: Random,
    clock: Clock,
    lines: Vec<String>,
    count: u64,
    last: Option<String>,
    /// What stood before each prompt of the conversation.
    before: Vec<String>,
    agent: Option<String>,
}

impl Teller for Writer {
    fn drawn(&mut self) -> (&mut Random, &mut u64) {
        (&mut self.rng, &mut self.count)
    }

    fn turn(&mut self) {
        match self.rng.random_range(0..12) {
            0 if !self.before.is_empty() => {
                let to = self.rng.random_range(0..self.before.len());
                let event = self.before[to].clone();
                self.before.truncate(to);
                self.put("session.snapshot_rewind", json!({"upToEventId": event, "eventsRemoved": 3}));
            }
            1 => {
                let summary = self.text();
                let data = json!({"success": true, "summaryContent": summary, "preCompactionTokens": 1234});
                self.put("session.compaction_complete", data);
            }
            2 => {
                let model = ["gpt-x", "gpt-y"][self.rng.random_range(0..2)];
                self.put("session.model_change", json!({"newModel": model}));
            }
            3 => self.put("session.resume", json!({"eventCount": self.count})),
            4 => self.put("some.new_kind", json!({"what": [1, {"a": null}]})),
            _ => {}
        }
        self.before.extend(self.last.clone());
        let said = self.text();
        self.put("user.message", json!({"content": said, "transformedContent": "wrapped", "attachments": []}));
        self.put("assistant.turn_start", json!({"turnId": "0"}));
        for _ in 0..self.rng.random_range(1..4) {
            self.response();
        }
        self.put("assistant.turn_end", json!({"turnId": "0"}));
    }
}

impl Writer {
    fn new(seed: u64) -> Self {
        let mut rng = random(seed);
        let clock = Clock::start(&mut rng);
        Self { rng, clock, lines: Vec::new(), count: 0, last: None, before: Vec::new(), agent: None }
    }

    fn put(&mut self, kind: &str, data: Value) {
        self.clock.tick(&mut self.rng);
        self.count += 1;
        let id = format!("{:08x}-0000-4000-9000-{:012x}", self.rng.random::<u32>(), self.count);
        let mut event = json!({"type": kind, "data": data, "id": id, "timestamp": self.clock.rfc3339(),
            "parentId": self.last});
        if let Some(agent) = &self.agent {
            event["agentId"] = agent.as_str().into();
        }
        self.lines.push(event.to_string());
        self.last = Some(id);
    }

    fn response(&mut self) {
        let mut data = json!({"messageId": "m", "content": "", "outputTokens": 7});
        if self.one_in(2) {
            data["reasoningText"] = self.text().into();
        }
        if !self.one_in(4) {
            data["content"] = self.text().into();
        }
        let calls: Vec<(String, Value)> = (0..self.rng.random_range(0..3))
            .map(|_| {
                let said = self.text();
                (format!("call_{}", self.count), json!({"command": said}))
            })
            .collect();
        let request =
            |(id, arguments): &(String, Value)| json!({"toolCallId": id, "name": "bash", "arguments": arguments});
        data["toolRequests"] = calls.iter().map(request).collect();
        self.put("assistant.message", data);
        if self.one_in(10) {
            // Run by the person: no response asks for it.
            let said = self.text();
            let id = format!("own_{}", self.count);
            self.put(
                "tool.execution_start",
                json!({"toolCallId": id, "toolName": "bash", "arguments": {"command": said}}),
            );
            self.complete(&id);
        }
        for (id, arguments) in calls {
            self.put("hook.start", json!({"hookType": "preToolUse"}));
            self.put("tool.execution_start", json!({"toolCallId": id, "toolName": "bash", "arguments": arguments}));
            if self.agent.is_none() && self.one_in(12) {
                self.agent = Some(id.clone());
                self.response();
                self.agent = None;
            }
            if !self.one_in(20) {
                self.complete(&id);
            }
        }
    }

    fn complete(&mut self, id: &str) {
        let said = self.text();
        let data = if self.one_in(6) {
            json!({"toolCallId": id, "success": false, "error": {"message": said, "code": "failure"}})
        } else {
            json!({"toolCallId": id, "success": true, "result": {"content": said, "detailedContent": "the same, longer"}})
        };
        self.put("tool.execution_complete", data);
    }
}
