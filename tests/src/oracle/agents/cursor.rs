//! A transcript of Cursor, read plainly: one message after the other.

use super::{Said, records};

/// Reads a transcript whose lines are whole.
#[must_use]
pub fn read_cursor(bytes: &[u8]) -> Said {
    let records = records(bytes);
    let mut said = Said::of(&records);
    for (_, _, record) in &records {
        said.responses += usize::from(record["role"] == "assistant");
        for block in record["message"]["content"].as_array().into_iter().flatten() {
            let text = block["text"].as_str().unwrap_or_default();
            let text = text.replace("<user_query>\n", "").replace("\n</user_query>", "");
            match block["type"].as_str().unwrap_or_default() {
                "tool_use" => said.calls += 1,
                "tool_result" => {
                    said.results += 1;
                    let content = &block["content"];
                    let text = content.as_str().or_else(|| content[0]["text"].as_str());
                    said.texts.insert(text.expect("a text").to_string());
                }
                _ if record["role"] == "user" => said.live_prompts.push(text),
                _ => {
                    said.texts.insert(text);
                }
            }
        }
    }
    said
}
