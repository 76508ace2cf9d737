//! Sessions as other agents write them, a file for each agent; and damage as their users meet it.
//!
//! Owns: what those programs put in their files, as far as it is known. Invariant: every text that a person, a model or a
//! tool says in one session is another one, so that a test can look for it.

mod claude_code;
mod codex;
mod copilot;
mod cursor;
mod damage;
mod gemini;
mod opencode;
mod qwen;

pub use claude_code::{claude_code, claude_code_sub_agent};
pub use codex::{codex, codex_sub_agent};
pub use copilot::copilot;
pub use cursor::cursor;
pub use damage::{LineDamage, damaged_lines};
pub use gemini::{gemini, gemini_document};
pub use opencode::{opencode, opencode_database, put_opencode};
pub use qwen::qwen;

/// A session of so many turns, made from a seed.
pub type Generator = fn(usize, u64) -> Vec<u8>;

/// Each agent that is read, by its name in `list`, and its sessions.
pub const AGENTS: [(&str, Generator); 7] = [
    ("claude-code", claude_code),
    ("codex", codex),
    ("copilot", copilot),
    ("cursor", cursor),
    ("gemini", gemini),
    ("opencode", opencode),
    ("qwen", qwen),
];
