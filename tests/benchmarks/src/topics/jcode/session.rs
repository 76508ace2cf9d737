//! Fields and messages as jcode stores them.
//!
//! Owns: their shapes and sizes.

use crate::Outcome;
use anyhow::Context;
use jcode_session_native::jcode::{Fields, Save};

/// A turn: a prompt, an answer that calls a tool, and its result.
const SIZES: [(&str, usize); 3] = [("user", 300), ("assistant", 2_500), ("user", 4_000)];

/// What jcode holds of a session, and says with each save.
pub struct Memory {
    pub fields: Fields,
    next: u64,
    turn: Vec<Vec<u8>>,
}

impl Memory {
    pub fn new() -> Outcome<Self> {
        let fields = Fields::of_session(
            br#"{"id":"session_fox_1760000000000","parent_id":null,"title":"The shop","custom_title":"Shop",
            "created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","provider_session_id":"ses_0123456789",
            "provider_key":"anthropic","model":"claude-opus-4","reasoning_effort":"high","is_canary":false,
            "working_dir":"/home/somebody/projects/shop","short_name":"fox","status":"Active","last_pid":4242,
            "last_active_at":"2026-01-01T00:00:00Z","is_debug":false,"saved":false,"autoreview_enabled":false}"#,
        );
        Ok(Self { fields: fields.context("an object")?, next: 0, turn: Vec::new() })
    }

    /// The next turn begins: new messages, and a field that changed.
    pub fn converse(&mut self) {
        self.turn = SIZES.iter().map(|&(role, bytes)| self.message(role, bytes)).collect();
        let at = format!("\"2026-01-01T00:00:{:02}.{:03}Z\"", self.next / 1000 % 60, self.next % 1000);
        self.fields.apply(&Fields::from_iter([("updated_at".to_string(), at.into_bytes())]));
    }

    /// The turn, for as long as it is borrowed.
    pub fn with_save<T>(&self, act: impl FnOnce(&Save<'_>) -> T) -> T {
        let messages: Vec<&[u8]> = self.turn.iter().map(Vec::as_slice).collect();
        act(&Save { messages: &messages, ..Save::of(&self.fields) })
    }

    /// The messages of the turn.
    pub fn turn(&self) -> &[Vec<u8>] {
        &self.turn
    }

    /// How many messages there are.
    pub const fn count(&self) -> u64 {
        self.next
    }

    fn message(&mut self, role: &str, bytes: usize) -> Vec<u8> {
        self.next += 1;
        let text = "the quick brown fox jumps over the lazy dog, and \\\"says\\\" so.\\n".repeat(bytes / 64 + 1);
        let id = format!("message_{}_{:08x}", 1_760_000_000_000 + self.next, self.next);
        let time = format!("2026-01-01T00:{:02}:{:02}Z", self.next / 60 % 60, self.next % 60);
        format!(r#"{{"id":"{id}","role":"{role}","content":[{{"type":"text","text":"{text}"}}],"timestamp":"{time}"}}"#)
            .into_bytes()
    }
}
