//! The tokens and the cost that a message records.
//!
//! Owns: the fields in which writers record usage: pi's `usage` (`input`, `output`, `cacheRead`, `cacheWrite`,
//! `cost.total`) and jcode's `token_usage` (`input_tokens`, `output_tokens`, `cache_read_input_tokens`,
//! `cache_creation_input_tokens`).
//! Invariant: only recorded usage counts; nothing is estimated, and no prices are known.

use crate::json::walk::Walker;
use serde::Serialize;

/// Tokens and cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Usage {
    /// Number of entries with usage.
    pub messages: u64,
    /// Tokens read, without those from a cache.
    pub input: u64,
    /// Tokens written.
    pub output: u64,
    /// Tokens read from a cache.
    pub cache_read: u64,
    /// Tokens written to a cache.
    pub cache_write: u64,
    /// Cost in US dollars, where recorded.
    pub cost: f64,
}

impl Usage {
    /// Reads one usage object.
    pub(crate) fn read(token: &[u8]) -> Option<Self> {
        let (usage, cost) = Self::counts(token)?;
        Some(Self { cost: cost.map_or(0.0, dollars), ..usage })
    }

    /// The tokens of one usage object, read and written, those from and to caches included; its cost is not looked at.
    pub(crate) fn tokens(token: &[u8]) -> Option<u64> {
        let (usage, _) = Self::counts(token)?;
        Some(usage.prompt().saturating_add(usage.output))
    }

    /// The counts of one usage object, and the token of its cost.
    fn counts(token: &[u8]) -> Option<(Self, Option<&[u8]>)> {
        let mut usage = Self { messages: 1, ..Self::default() };
        let mut cost = None;
        let walked = Walker::new().walk_object(token, 0, |key, value| match key {
            b"input" | b"input_tokens" => usage.input = count(value),
            b"output" | b"output_tokens" => usage.output = count(value),
            b"cacheRead" | b"cache_read_input_tokens" => usage.cache_read = count(value),
            b"cacheWrite" | b"cache_creation_input_tokens" => usage.cache_write = count(value),
            b"cost" => cost = Some(value),
            _ => {}
        });
        walked.ok()?;
        Some((usage, cost))
    }

    /// Tokens read, those from and to caches included.
    #[must_use]
    pub const fn prompt(&self) -> u64 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write)
    }

    /// Adds the usage of other entries.
    pub fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.input = self.input.saturating_add(other.input);
        self.output = self.output.saturating_add(other.output);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
        self.cost += other.cost;
    }
}

fn number(token: &[u8]) -> f64 {
    core::str::from_utf8(token).ok().and_then(|text| text.parse().ok()).filter(|n: &f64| n.is_finite()).unwrap_or(0.0)
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; a negative count is none")]
fn count(token: &[u8]) -> u64 {
    number(token) as u64
}

/// A number, or the number in the field `total` of an object.
fn dollars(token: &[u8]) -> f64 {
    if token.first() != Some(&b'{') {
        return number(token);
    }
    let mut total = 0.0;
    let _ = Walker::new().walk_object(token, 0, |key, value| {
        if key == b"total" {
            total = number(value);
        }
    });
    total
}
