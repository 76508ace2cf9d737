//! Independent readers of other agents' sessions, one file per agent, and the rules for any log that shows such a
//! session.
//!
//! Owns: what tests expect of such a log.
//! Invariant: JSON is read with serde only; no code of the engine is used.

mod claude_code;
mod codex;
mod shown;

pub use claude_code::{ClaudeCode, read_claude_code};
pub use codex::{Codex, read_codex};
pub use shown::{Shown, ShownEntry};

use serde_json::Value;

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
