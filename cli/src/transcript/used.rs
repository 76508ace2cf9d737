//! Tokens and costs of a path, in words.
//!
//! Owns: the words. Core knows the fields in which writers record usage.
//! Invariant: nothing is said of what was not recorded.

use crate::output::count;
use jcode_session_core::session::{Usage, UsageReader};

/// The sums so far.
#[derive(Debug, Default)]
pub(super) struct Used {
    reader: UsageReader,
    total: Usage,
}

impl Used {
    /// Adds what the entry on this line used.
    pub(super) fn add(&mut self, line: &[u8]) {
        if let Some(usage) = self.reader.of_line(line) {
            self.total.add(&usage);
        }
    }

    /// The sums in words; `None` if nothing was used.
    pub(super) fn words(&self) -> Option<String> {
        let Usage { input, output, cache_read, cache_write, cost, .. } = self.total;
        let sums = [(input, "in"), (output, "out"), (cache_read, "from the cache"), (cache_write, "to the cache")];
        let sums = sums.into_iter().filter(|(sum, _)| *sum > 0);
        let sums: Vec<String> = sums.map(|(sum, what)| format!("{} {what}", count(sum, "token", "tokens"))).collect();
        if sums.is_empty() {
            return None;
        }
        let dollars = if cost > 0.0 { format!("; ${cost:.2}") } else { String::new() };
        Some(format!("{}{dollars}", sums.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_costs_are_added() {
        let mut used = Used::default();
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
