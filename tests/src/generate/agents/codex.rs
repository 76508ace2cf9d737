//! Generated rollouts of Codex.
//!
//! Owns: records as that program writes them: items of a response with parallel calls, events that repeat what was
//! said, token counts, turns that are taken back, compactions, and the oldest form without envelopes.

use rand::RngExt;
use serde_json::{Value, json};

use super::{Teller, lines};
use crate::generate::clock::Clock;
use crate::generate::{Random, random};

/// A session of about this many turns.
#[must_use]
pub fn codex(turns: usize, seed: u64) -> Vec<u8> {
    let mut writer = Writer::new(seed);
    writer.begin(json!({}));
    writer.turns(turns);
    lines(writer.lines)
}

/// The file of a sub-agent.
#[must_use]
pub fn codex_sub_agent(seed: u64) -> Vec<u8> {
    let mut writer = Writer::new(seed);
    writer.is_bare = false;
    writer.begin(json!({"source": {"subagent": {"thread_spawn": {"parent_thread_id": "the-parent", "depth": 1}}}}));
    writer.turn();
    lines(writer.lines)
}

struct Writer {
    rng: Random,
    clock: Clock,
    lines: Vec<String>,
    count: u64,
    turns: u64,
    /// The oldest form: without envelopes, and without everything that came with them.
    is_bare: bool,
}

impl Teller for Writer {
    fn drawn(&mut self) -> (&mut Random, &mut u64) {
        (&mut self.rng, &mut self.count)
    }

    fn turn(&mut self) {
        if !self.is_bare {
            if self.one_in(8) && self.turns > 1 {
                let taken = self.rng.random_range(1..=self.turns);
                self.turns -= taken;
                self.event(json!({"type": "thread_rolled_back", "num_turns": taken}));
            }
            if self.one_in(10) {
                let summary = if self.one_in(2) { self.text() } else { String::new() };
                let kept = self.text();
                let history =
                    json!([{"type": "message", "role": "user", "content": [{"type": "input_text", "text": kept}]}]);
                self.put("compacted", json!({"message": summary, "replacement_history": history}));
            }
            self.event(json!({"type": "task_started", "turn_id": "t"}));
            let model = ["gpt-x", "gpt-y"][self.rng.random_range(0..2)];
            self.put("turn_context", json!({"turn_id": "t", "cwd": "/home/user/project", "model": model}));
            if self.one_in(6) {
                let what = self.text();
                self.put("some_new_kind", json!({"what": what}));
            }
        }
        self.prompt();
        for _ in 0..self.rng.random_range(1..4) {
            self.response();
        }
    }
}

impl Writer {
    fn new(seed: u64) -> Self {
        let mut rng = random(seed);
        let (clock, is_bare) = (Clock::start(&mut rng), rng.random_ratio(1, 6));
        Self { rng, clock, lines: Vec::new(), count: 0, turns: 0, is_bare }
    }

    fn put(&mut self, kind: &str, payload: Value) {
        self.clock.tick(&mut self.rng);
        let record = if self.is_bare {
            payload
        } else {
            json!({"timestamp": self.clock.rfc3339(), "type": kind, "payload": payload})
        };
        self.lines.push(record.to_string());
    }

    fn item(&mut self, payload: Value) {
        self.put("response_item", payload);
    }

    /// An event, which the oldest form does not have.
    fn event(&mut self, payload: Value) {
        if !self.is_bare {
            self.put("event_msg", payload);
        }
    }

    fn begin(&mut self, more: Value) {
        let id = format!("{:08x}-0000-7000-8000-{:012x}", self.rng.random::<u32>(), self.rng.random::<u32>());
        let time = self.clock.rfc3339();
        if self.is_bare {
            self.put("", json!({"id": id, "timestamp": time, "instructions": null, "git": {}}));
            return;
        }
        let mut meta = json!({"id": id, "timestamp": time, "cwd": "/home/user/project", "model_provider": "openai"});
        for (name, value) in more.as_object().into_iter().flatten() {
            meta[name.as_str()] = value.clone();
        }
        self.put("session_meta", meta.clone());
        if self.one_in(4) {
            self.put("session_meta", meta);
        }
        let instructions = json!([{"type": "input_text", "text": "# AGENTS.md instructions\nbe brief"}]);
        self.item(json!({"type": "message", "role": "user", "content": instructions}));
        let developer = self.text();
        let content = json!([{"type": "input_text", "text": developer}]);
        self.item(json!({"type": "message", "role": "developer", "content": content}));
    }

    fn prompt(&mut self) {
        self.turns += 1;
        let said = self.text();
        if !self.is_bare && self.one_in(5) {
            // Only the event records this prompt.
            self.event(json!({"type": "user_message", "message": said}));
            return;
        }
        let mut content = vec![json!({"type": "input_text", "text": said})];
        if self.one_in(4) {
            content.push(json!({"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="}));
        }
        self.item(json!({"type": "message", "role": "user", "content": content}));
        self.event(json!({"type": "user_message", "message": said, "images": []}));
    }

    fn response(&mut self) {
        if self.one_in(2) {
            let summary =
                if self.one_in(2) { json!([{"type": "summary_text", "text": self.text()}]) } else { json!([]) };
            self.item(json!({"type": "reasoning", "summary": summary, "encrypted_content": "b3BhcXVl"}));
        }
        if !self.one_in(3) {
            let said = self.text();
            if self.one_in(2) {
                self.event(json!({"type": "agent_message", "message": said}));
            }
            let content = json!([{"type": "output_text", "text": said}]);
            self.item(json!({"type": "message", "role": "assistant", "content": content}));
        }
        let calls: Vec<(String, bool)> = (0..self.rng.random_range(0..3)).map(|_| self.call()).collect();
        for (call, is_custom) in calls {
            if self.one_in(20) {
                continue;
            }
            let said = self.text();
            let output = if self.one_in(5) { json!([{"type": "input_text", "text": said}]) } else { json!(said) };
            let kind = if is_custom { "custom_tool_call_output" } else { "function_call_output" };
            self.item(json!({"type": kind, "call_id": call, "output": output}));
        }
        let usage = json!({"input_tokens": 20, "cached_input_tokens": 5, "output_tokens": 7});
        self.event(json!({"type": "token_count", "info": {"last_token_usage": usage}, "rate_limits": null}));
    }

    fn call(&mut self) -> (String, bool) {
        self.count += 1;
        let (call, is_custom) = (format!("call_{}", self.count), self.one_in(4));
        let said = self.text();
        self.item(if is_custom {
            json!({"type": "custom_tool_call", "call_id": call, "name": "apply_patch", "input": said})
        } else {
            let arguments = json!({"command": said}).to_string();
            json!({"type": "function_call", "call_id": call, "name": "shell", "arguments": arguments})
        });
        (call, is_custom)
    }
}
