//! Transcripts of Cursor's agents.
//!
//! Owns: records as that program writes them: messages with nothing around them, results in messages of their own or not
//! at all, calls with and without ids.

use rand::RngExt;
use serde_json::{Value, json};

use super::{Teller, lines};
use crate::generate::text::text;
use crate::generate::{Random, random};

/// A session of about so many turns.
#[must_use]
pub fn cursor(turns: usize, seed: u64) -> Vec<u8> {
    let mut rng = random(seed);
    let has_results = rng.random_bool(0.7);
    let mut writer = Writer { rng, lines: Vec::new(), count: 0, has_results };
    writer.turns(turns);
    lines(writer.lines)
}

struct Writer {
    rng: Random,
    lines: Vec<Value>,
    count: u64,
    has_results: bool,
}

impl Teller for Writer {
    fn drawn(&mut self) -> (&mut Random, &mut u64) {
        (&mut self.rng, &mut self.count)
    }

    fn turn(&mut self) {
        let mut said = self.text();
        if self.one_in(3) {
            said = format!("<user_query>\n{said}\n</user_query>");
        }
        self.put("user", vec![json!({"type": "text", "text": said})]);
        for _ in 0..self.rng.random_range(1..4) {
            self.response();
        }
        if self.one_in(4) {
            self.lines.push(json!({"event": "turn_ended", "message": {"content": []}}));
        }
    }
}

impl Writer {
    /// Without blanks around it, as a query is read.
    fn text(&mut self) -> String {
        self.count += 1;
        let len = self.rng.random_range(1..300);
        format!("<{}> {}", self.count, text(len, &mut self.rng).trim()).trim_end().to_string()
    }

    fn put(&mut self, role: &str, content: Vec<Value>) {
        self.lines.push(json!({"role": role, "message": {"content": content}}));
    }

    fn response(&mut self) {
        let mut blocks = Vec::new();
        if self.one_in(3) {
            blocks.push(json!({"type": "reasoning", "text": self.text()}));
        }
        if !self.one_in(4) {
            blocks.push(json!({"type": "text", "text": self.text()}));
        }
        let mut results = Vec::new();
        for _ in 0..self.rng.random_range(0..3) {
            let (asked, said) = (self.text(), self.text());
            let mut call = json!({"type": "tool_use", "name": "Shell", "input": {"command": asked}});
            if self.has_results {
                let id = format!("tool-{}", self.count);
                call["id"] = id.as_str().into();
                let content = if self.one_in(2) { json!(said) } else { json!([{"type": "text", "text": said}]) };
                results.push(json!({"type": "tool_result", "tool_use_id": id, "content": content}));
            }
            blocks.push(call);
        }
        self.put("assistant", blocks);
        if !results.is_empty() {
            let role = if self.one_in(2) { "tool" } else { "user" };
            self.put(role, results);
        }
    }
}
