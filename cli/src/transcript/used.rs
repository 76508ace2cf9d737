//! Tokens and costs of a path.
//!
//! Owns: which numbers count: pi's and jcode's names for them.
//! Invariant: a number that is missing or unreadable counts as none.

use super::json::Object;
use crate::output::count;
use memchr::memmem::Finder;

/// Names of the four numbers, and of their sums in words.
const TOKENS: [([&str; 2], &str); 4] = [
    (["input", "input_tokens"], "in"),
    (["output", "output_tokens"], "out"),
    (["cacheRead", "cache_read_input_tokens"], "from the cache"),
    (["cacheWrite", "cache_creation_input_tokens"], "to the cache"),
];

/// The sums so far.
#[derive(Debug)]
pub(super) struct Used {
    named: Finder<'static>,
    tokens: [u64; 4],
    dollars: f64,
}

impl Used {
    pub(super) fn new() -> Self {
        // Holds for both `usage` and `token_usage`.
        Self { named: Finder::new("usage\""), tokens: [0; 4], dollars: 0.0 }
    }

    /// Adds what the entry on this line used.
    pub(super) fn add(&mut self, line: &[u8]) {
        if self.named.find(line).is_none() {
            return;
        }
        let Some(entry) = Object::read(line) else { return };
        let message = entry.object("message").unwrap_or(entry);
        let Some(usage) = message.object("usage").or_else(|| message.object("token_usage")) else { return };
        let number = |of: &Object<'_>, name: &str| std::str::from_utf8(of.get(name)?).ok()?.parse::<f64>().ok();
        for (sum, (names, _)) in self.tokens.iter_mut().zip(TOKENS) {
            let tokens = names.into_iter().find_map(|name| number(&usage, name));
            *sum = sum.saturating_add(tokens.unwrap_or_default() as u64);
        }
        let cost = usage.object("cost").and_then(|cost| number(&cost, "total"));
        self.dollars += cost.filter(|cost| cost.is_finite()).unwrap_or_default();
    }

    /// The sums in words; `None` if nothing was used.
    pub(super) fn words(&self) -> Option<String> {
        let sums = self.tokens.iter().zip(TOKENS).filter(|(sum, _)| **sum > 0);
        let sums: Vec<String> =
            sums.map(|(sum, (_, what))| format!("{} {what}", count(*sum, "token", "tokens"))).collect();
        if sums.is_empty() {
            return None;
        }
        let dollars = if self.dollars > 0.0 { format!("; ${:.2}", self.dollars) } else { String::new() };
        Some(format!("{}{dollars}", sums.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_costs_are_added() {
        let mut used = Used::new();
        assert_eq!(used.words(), None);
        used.add(
            br#"{"type":"message","message":{"usage":{"input":1200,"output":3,"cacheRead":0,"cost":{"total":0.25}}}}"#,
        );
        used.add(br#"{"type":"message","message":{"token_usage":{"input_tokens":1,"output_tokens":"x"}}}"#);
        used.add(br#"{"type":"usage","usage":{"output":1,"cost":{"total":1}}}"#);
        used.add(br#"{"type":"message","message":{"content":"usage\""}}"#);
        assert_eq!(used.words().as_deref(), Some("1,201 tokens in, 4 tokens out; $1.25"));
    }
}
