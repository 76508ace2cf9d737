//! Sessions as other agents write them, a file for each agent; and damage as their users meet it.
//!
//! Owns: what those programs put in their files, as far as it is known. Invariant: every text that a person, a model or a
//! tool says in one session is another one, so that a test can look for it.

mod claude_code;
mod damage;

pub use claude_code::{claude_code, claude_code_sub_agent};
pub use damage::{LineDamage, damaged_lines};
