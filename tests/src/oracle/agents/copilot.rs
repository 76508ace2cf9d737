//! The events of Copilot CLI, read plainly: one after the other, but for what was gone back behind.

use super::{Said, records};
use std::collections::HashSet;

/// Reads events whose lines are whole.
#[must_use]
pub fn read_copilot(bytes: &[u8]) -> Said {
    let records = records(bytes);
    let mut said = Said::of(&records);
    let (mut calls, mut results) = (HashSet::new(), HashSet::new());
    // The prompts of the conversation, and how many there were at each event.
    let (mut prompts, mut counts): (Vec<String>, Vec<(String, usize)>) = (Vec::new(), Vec::new());
    let text = |value: &serde_json::Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_string);
    for (_, _, event) in &records {
        let data = &event["data"];
        match event["type"].as_str().unwrap_or_default() {
            "user.message" => prompts.extend(text(&data["content"])),
            "assistant.message" => {
                said.responses += 1;
                said.texts.extend(text(&data["content"]));
                said.texts.extend(text(&data["reasoningText"]));
                let requests = data["toolRequests"].as_array().into_iter().flatten();
                calls.extend(requests.filter_map(|request| text(&request["toolCallId"])));
            }
            "tool.execution_start" => {
                let is_new = calls.insert(text(&data["toolCallId"]).expect("an id"));
                said.responses += usize::from(is_new);
            }
            "tool.execution_complete" => {
                results.insert(text(&data["toolCallId"]).expect("an id"));
                said.texts.extend(text(&data["result"]["content"]).or_else(|| text(&data["error"]["message"])));
            }
            "session.snapshot_rewind" => {
                let at = counts.iter().find(|(id, _)| data["upToEventId"] == id.as_str());
                prompts.truncate(at.expect("an event").1);
            }
            _ => {}
        }
        counts.push((text(&event["id"]).expect("an id"), prompts.len()));
    }
    (said.calls, said.results) = (calls.len(), results.len());
    said.texts.extend(prompts.iter().cloned());
    said.live_prompts = prompts;
    said
}
