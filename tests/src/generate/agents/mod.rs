//! Generated sessions of other agents, one file per agent, and damage as their users meet it.
//!
//! Owns: the records of those programs, as far as they are known.
//! Invariant: within one session every text of a person, a model or a tool is unique, so that a test can look for it.

mod claude_code;
mod codex;
mod damage;

pub use claude_code::{claude_code, claude_code_sub_agent};
pub use codex::{codex, codex_sub_agent};
pub use damage::{LineDamage, damaged_lines};
