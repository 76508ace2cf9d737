//! Independent readers of other agents' sessions, a file for each agent, and what any log that shows one must be.
//!
//! Owns: what tests expect of such a log. Invariant: JSON is read by serde alone; nothing of the engine is used.

mod claude_code;
mod shown;

pub use claude_code::{ClaudeCode, read_claude_code};
pub use shown::{Shown, ShownEntry};
