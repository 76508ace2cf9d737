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

use crate::generate::Random;
use crate::generate::text::text;
use rand::RngExt;
use std::fmt::Display;

/// Writes a session turn by turn.
trait Teller {
    /// Chance, and the number of texts and ids so far.
    fn drawn(&mut self) -> (&mut Random, &mut u64);

    fn turn(&mut self);

    fn turns(&mut self, count: usize) {
        (0..count).for_each(|_| self.turn());
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.drawn().0.random_ratio(1, n)
    }

    /// A text that equals no other one and is no prefix of another.
    fn text(&mut self) -> String {
        let (rng, count) = self.drawn();
        *count += 1;
        let len = rng.random_range(1..300);
        format!("<{count}> {}", text(len, rng))
    }
}

/// Records as the lines of a file.
pub fn lines(records: impl IntoIterator<Item = impl Display>) -> Vec<u8> {
    records.into_iter().flat_map(|record| format!("{record}\n").into_bytes()).collect()
}

fn uuid(rng: &mut Random) -> String {
    format!("{:08x}-0000-4000-8000-{:012x}", rng.random::<u32>(), rng.random::<u32>())
}

/// The session with more in its texts, which begin with a number as in `<12> `: behind that stands what `more` makes of how
/// many `> ` stand before it. Nothing that ends a JSON string may be in it.
#[must_use]
pub fn at_length(session: &[u8], mut more: impl FnMut(usize) -> Vec<u8>) -> Vec<u8> {
    let (mut out, mut done) = (Vec::with_capacity(session.len() * 4), 0);
    for (number, end) in memchr::memmem::find_iter(session, b"> ").enumerate() {
        let before = session.get(done..end).unwrap_or_default();
        let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 && before.iter().nth_back(digits) == Some(&b'<') {
            out.extend_from_slice(before);
            out.extend_from_slice(b"> ");
            out.extend(more(number));
            done = end + 2;
        }
    }
    out.extend_from_slice(session.get(done..).unwrap_or_default());
    out
}

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
