//! Generated transcripts of Claude Code.
//!
//! Owns: records as that program writes them: a response in several lines, results and ticks of progress between its
//! parts, attachments in the chain, metadata without links, compactions, prompts that go back, sub-agents in the file.

use rand::RngExt;
use serde_json::{Value, json};

use super::{Teller, lines, uuid};
use crate::generate::clock::Clock;
use crate::generate::{Random, random};

/// A session of about this many turns.
#[must_use]
pub fn claude_code(turns: usize, seed: u64) -> Vec<u8> {
    let mut writer = Writer::new(seed);
    writer.metadata();
    writer.turns(turns);
    writer.last_prompt();
    lines(writer.lines)
}

/// The file of a sub-agent.
#[must_use]
pub fn claude_code_sub_agent(seed: u64) -> Vec<u8> {
    let mut writer = Writer::new(seed);
    writer.agent = Some("a1b2c3".to_string());
    for _ in 0..2 {
        writer.prompt();
        writer.response();
    }
    lines(writer.lines)
}

struct Writer {
    rng: Random,
    clock: Clock,
    session: String,
    agent: Option<String>,
    lines: Vec<String>,
    /// Number of texts and ids so far.
    count: u64,
    /// Id of the last linked record.
    last: Option<String>,
    /// Each prompt's id and parent.
    prompts: Vec<(String, Option<String>)>,
    /// The file begins in the middle of a session.
    is_cut: bool,
}

impl Teller for Writer {
    fn drawn(&mut self) -> (&mut Random, &mut u64) {
        (&mut self.rng, &mut self.count)
    }

    fn turn(&mut self) {
        if self.one_in(12) {
            self.compaction();
        }
        if self.one_in(9) && !self.prompts.is_empty() {
            self.sidechain();
        }
        self.prompt();
        for _ in 0..self.rng.random_range(1..4) {
            self.response();
        }
        if self.one_in(3) {
            self.metadata();
        }
    }
}

impl Writer {
    fn new(seed: u64) -> Self {
        let mut rng = random(seed);
        let session = uuid(&mut rng);
        let clock = Clock::start(&mut rng);
        let is_cut = rng.random_ratio(1, 10);
        Self { rng, clock, session, agent: None, lines: Vec::new(), count: 0, last: None, prompts: Vec::new(), is_cut }
    }

    fn id(&mut self) -> String {
        self.count += 1;
        format!("{:08x}-{:04x}-4000-8000-{:012x}", self.rng.random::<u32>(), self.count, self.rng.random::<u32>())
    }

    fn plain(&mut self, record: Value) {
        self.lines.push(record.to_string());
    }

    /// Writes a linked record. Returns its id.
    fn linked(&mut self, parent: Option<String>, mut record: Value) -> String {
        let uuid = self.id();
        self.clock.tick(&mut self.rng);
        // Records of hooks and ticks may carry earlier times than the records before them.
        let back = if self.one_in(9) { 3000 } else { 0 };
        record["uuid"] = uuid.clone().into();
        record["parentUuid"] = parent.into();
        record["sessionId"] = self.session.clone().into();
        record["timestamp"] = Clock(self.clock.0 - back).rfc3339().into();
        record["isSidechain"] = self.agent.is_some().into();
        if let Some(agent) = &self.agent {
            record["agentId"] = agent.clone().into();
        }
        if self.count > 4 {
            record["cwd"] = "/home/user/project".into();
            record["version"] = "2.1.63".into();
        }
        self.plain(record);
        uuid
    }

    fn chained(&mut self, record: Value) -> String {
        let uuid = self.linked(self.last.clone(), record);
        self.last = Some(uuid.clone());
        uuid
    }

    fn prompt(&mut self) {
        let said = self.text();
        let text = if self.one_in(10) { format!("<command-name>{said}</command-name>") } else { said };
        let content = match self.rng.random_range(0..4) {
            0 => json!([{"type": "text", "text": text}]),
            1 => json!([{"type": "text", "text": text}, {"type": "image", "source": {"type": "base64",
                "media_type": "image/png", "data": "iVBORw0KGgo="}}]),
            _ => json!(text),
        };
        if self.one_in(5) && self.prompts.len() > 1 {
            // Back to the point at which an earlier prompt was typed.
            let (_, parent) = self.prompts[self.rng.random_range(0..self.prompts.len())].clone();
            self.last = parent;
        } else if self.is_cut && self.prompts.is_empty() {
            self.last = Some("not-in-this-file".to_string());
        }
        let parent = self.last.clone();
        let uuid = self.chained(json!({"type": "user", "message": {"role": "user", "content": content}}));
        self.prompts.push((uuid, parent));
        if self.one_in(4) {
            let caveat = self.text();
            let message = json!({"role": "user", "content": caveat});
            self.chained(json!({"type": "user", "isMeta": true, "message": message}));
        }
        if self.one_in(3) {
            self.chained(json!({"type": "attachment", "attachment": {"type": "task_reminder", "content": []}}));
        }
        if self.one_in(8) {
            let queued = self.text();
            self.chained(json!({"type": "attachment", "attachment": {"type": "queued_command", "prompt": queued}}));
        }
    }

    /// A response in parts, with results of its calls between the parts, and ticks beside both.
    fn response(&mut self) {
        let message = format!("msg_{}", self.id());
        let mut snapshot: Option<String> = None;
        let parts = self.rng.random_range(1..5);
        let (mut waiting, mut output) = (Vec::new(), 0);
        for n in 0..parts {
            let block = match self.rng.random_range(0..5) {
                0 => json!({"type": "thinking", "thinking": self.text(), "signature": "c2ln"}),
                1 | 2 => {
                    let call = format!("toolu_{}", self.id());
                    waiting.push(call.clone());
                    json!({"type": "tool_use", "id": call, "name": "Bash", "input": {"command": self.text()}})
                }
                // The earlier text, continued.
                3 if snapshot.is_some() => {
                    json!({"type": "text", "text": snapshot.take().unwrap_or_default() + &self.text()})
                }
                _ => {
                    let said = self.text();
                    snapshot = Some(said.clone());
                    json!({"type": "text", "text": said})
                }
            };
            output += 7;
            let usage = json!({"input_tokens": 3, "output_tokens": output, "cache_read_input_tokens": 5,
                "cache_creation_input_tokens": 2});
            let message = json!({"id": message, "type": "message", "role": "assistant", "model": "claude-x",
                "content": [block], "stop_reason": null, "usage": usage});
            let part = self.chained(json!({"type": "assistant", "requestId": "req", "message": message}));
            if self.one_in(4) {
                self.linked(Some(part.clone()), json!({"type": "progress", "data": {"type": "bash_progress"}}));
            }
            if n + 1 == parts || self.one_in(2) {
                for call in std::mem::take(&mut waiting) {
                    self.result(&call, Some(part.clone()));
                }
            }
        }
        if self.one_in(6) {
            self.chained(json!({"type": "system", "subtype": "turn_duration", "durationMs": 5}));
        }
    }

    fn result(&mut self, call: &str, part: Option<String>) {
        if self.one_in(25) {
            // Interrupted: the call has no result.
            return;
        }
        let said = self.text();
        let content = match self.rng.random_range(0..6) {
            0 => json!([{"type": "text", "text": said}, {"type": "tool_reference", "tool_name": "x"}]),
            1 => Value::Null,
            _ => json!(said),
        };
        let mut blocks =
            vec![json!({"type": "tool_result", "tool_use_id": call, "content": content, "is_error": false})];
        if self.one_in(12) {
            blocks.push(json!({"type": "text", "text": self.text()}));
        }
        let message = json!({"role": "user", "content": blocks});
        let record = json!({"type": "user", "message": message, "toolUseResult": {"stdout": "structured"}});
        self.last = Some(self.linked(part, record));
    }

    fn compaction(&mut self) {
        if self.prompts.is_empty() {
            return;
        }
        let logical = self.last.clone();
        let head = self.prompts[self.rng.random_range(0..self.prompts.len())].0.clone();
        let mut boundary = json!({"type": "system", "subtype": "compact_boundary", "logicalParentUuid": logical,
            "compactMetadata": {"trigger": "auto", "preTokens": 1234}});
        if self.one_in(2) {
            boundary["compactMetadata"]["preservedSegment"] = json!({"headUuid": head});
        }
        self.last = None;
        self.chained(boundary);
        if !self.one_in(6) {
            let message = json!({"role": "user", "content": self.text()});
            self.chained(json!({"type": "user", "isCompactSummary": true, "message": message}));
        }
        // The compaction ends the earlier prompts.
        self.prompts.clear();
        if self.one_in(3) {
            // The same record is written again.
            let again = self.lines.iter().rev().find(|line| line.contains(r#""type":"assistant""#)).cloned();
            self.lines.extend(again);
        }
    }

    /// A sub-agent of an old version, within the same file.
    fn sidechain(&mut self) {
        let (last, prompts) = (self.last.take(), self.prompts.clone());
        self.agent = Some("side".to_string());
        let said = self.text();
        self.chained(json!({"type": "user", "message": {"role": "user", "content": said}}));
        self.response();
        (self.agent, self.last, self.prompts) = (None, last, prompts);
    }

    /// Records about the session, without links.
    fn metadata(&mut self) {
        let session = self.session.clone();
        match self.rng.random_range(0..6) {
            0 => {
                let id = self.prompts.last().map_or("m".to_string(), |(id, _)| id.clone());
                self.plain(json!({"type": "file-history-snapshot", "messageId": id, "snapshot": {}}));
            }
            1 => {
                let title = self.text();
                self.plain(json!({"type": "ai-title", "aiTitle": title, "sessionId": session}));
            }
            2 => {
                let title = self.text();
                self.plain(json!({"type": "custom-title", "customTitle": title, "sessionId": session}));
            }
            3 => self.plain(json!({"type": "queue-operation", "operation": "dequeue", "sessionId": session})),
            4 => self.plain(json!({"type": "some-new-kind", "sessionId": session, "what": [1, {"a": null}]})),
            _ => self.plain(json!({"type": "mode", "mode": "normal", "sessionId": session})),
        }
    }

    fn last_prompt(&mut self) {
        if self.one_in(2) {
            let leaf = self.last.clone();
            self.plain(json!({"type": "last-prompt", "lastPrompt": "x", "leafUuid": leaf, "sessionId": self.session}));
        }
    }
}
