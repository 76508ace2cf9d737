//! A session of OpenCode, read plainly from its rows.

use super::{Said, records};
use serde_json::Value;

/// Reads rows in lines.
#[must_use]
pub fn read_opencode(bytes: &[u8]) -> Said {
    let records = records(bytes);
    let mut said = Said::of(&records);
    let reverted = records.last().map(|(_, _, state)| state["revert"]["messageID"].clone()).unwrap_or_default();
    let mut is_live = true;
    for (_, _, row) in &records {
        let data = &row["data"];
        is_live &= reverted.is_null() || row["id"] != reverted;
        let parts: Vec<&Value> = match row["parts"].as_array() {
            Some(parts) => parts.iter().map(|part| &part["data"]).collect(),
            None => data["content"].as_array().into_iter().flatten().collect(),
        };
        let is_user = row["message_type"] == "user" || data["role"] == "user";
        if is_user {
            let text = data["text"].as_str().or_else(|| parts[0]["text"].as_str());
            said.live_prompts.extend(text.filter(|_| is_live).map(str::to_string));
            continue;
        }
        let is_answer = row["message_type"] == "assistant" || data["role"] == "assistant" && data["summary"] != true;
        if !is_answer {
            continue;
        }
        let steps = parts.iter().filter(|part| part["type"] == "step-start").count();
        said.responses += steps.max(1);
        for part in parts {
            said.texts.extend(part["text"].as_str().map(str::to_string));
            if part["type"] == "tool" {
                said.calls += 1;
                let state = &part["state"];
                let text = state["output"].as_str().or_else(|| state["error"].as_str());
                said.results += usize::from(text.is_some());
                said.texts.extend(text.map(str::to_string));
            }
        }
    }
    said
}
