//! Independent readers of other agents' sessions, one file per agent, and the rules for any log that shows such a
//! session.
//!
//! Owns: what tests expect of such a log.
//! Invariant: JSON is read with serde only; no code of the engine is used.

mod claude_code;
mod codex;
mod copilot;
mod cursor;
mod gemini;
mod opencode;
mod qwen;
mod shown;

pub use claude_code::read_claude_code;
pub use codex::read_codex;
pub use copilot::read_copilot;
pub use cursor::read_cursor;
pub use gemini::read_gemini;
pub use opencode::read_opencode;
pub use qwen::read_qwen;
pub use shown::{Shown, ShownEntry};

use serde_json::Value;
use std::collections::HashSet;

/// What is in a session of an agent that keeps a message in one record.
#[derive(Debug, Default)]
pub struct Said {
    /// Every record: offset and length.
    pub records: Vec<(usize, usize)>,
    /// Responses of the model.
    pub responses: usize,
    /// Calls of tools.
    pub calls: usize,
    /// Results of calls that are there.
    pub results: usize,
    /// Texts of the prompts on the way to where the conversation is.
    pub live_prompts: Vec<String>,
    /// Texts that were said to the model or by it, as they ended up.
    pub texts: HashSet<String>,
}

impl Said {
    /// With its records, and nothing said yet.
    fn of(records: &[(usize, usize, Value)]) -> Self {
        Self { records: records.iter().map(|(at, len, _)| (*at, *len)).collect(), ..Self::default() }
    }
}

/// Every line that is a record: offset, length, value.
fn records(bytes: &[u8]) -> Vec<(usize, usize, Value)> {
    let (mut found, mut at) = (Vec::new(), 0);
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        if let Ok(value @ Value::Object(_)) = serde_json::from_slice(content) {
            found.push((at, content.len(), value));
        }
        at += line.len();
    }
    found
}
