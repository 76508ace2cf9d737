//! Generated sessions of other agents, one file per agent, and damage as their users meet it.
//!
//! Owns: the records of those programs, as far as they are known.
//! Invariant: within one session every text of a person, a model or a tool is unique, so that a test can look for it.

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
