//! Who says something in a message, and the tokens that it took, read with serde_json. Owns the rule by which messages
//! count as the conversation.

use serde_json::Value;

/// Messages of the user, of the assistant, and their tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OracleSaid {
    pub user: u64,
    pub assistant: u64,
    pub tokens: u64,
}

impl OracleSaid {
    /// Counts the message of one entry.
    pub fn add(&mut self, message: &Value) {
        let speaker = match message["role"].as_str() {
            Some("user") => &mut self.user,
            Some("assistant") => &mut self.assistant,
            _ => return,
        };
        let content = &message["content"];
        let first = &content[0];
        let text = content.as_str().or(first["text"].as_str().filter(|_| first["type"] == "text"));
        if !message["display_role"].is_null()
            || text.is_some_and(|text| text.trim_start_matches(' ').starts_with("<system-reminder>"))
        {
            return;
        }
        *speaker += 1;
        let of = |usage: &Value| -> u64 {
            let names = ["input", "output", "cacheRead", "cacheWrite"];
            let jcode = ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"];
            names.iter().chain(&jcode).filter_map(|name| usage[*name].as_u64()).sum()
        };
        self.tokens += of(&message["usage"]) + of(&message["token_usage"]);
    }
}
