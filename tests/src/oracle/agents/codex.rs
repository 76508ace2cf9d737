//! A simple reader of Codex rollouts: what was said, and the prompts that were not taken back.

use super::{Said, records};
use serde_json::Value;
use std::collections::HashSet;

/// Reads a rollout whose lines are whole.
#[must_use]
pub fn read_codex(bytes: &[u8]) -> Said {
    let records = records(bytes);
    let mut read = Said::of(&records);
    let items: Vec<&Value> = records.iter().map(|(_, _, record)| record.get("payload").unwrap_or(record)).collect();
    let text = |item: &Value| item["content"][0]["text"].as_str().unwrap_or_default().to_string();
    let is = |item: &Value, kind: &str, role: &str| item["type"] == kind && (role.is_empty() || item["role"] == role);
    let typed = |item: &Value| is(item, "message", "user") && !text(item).starts_with("# AGENTS.md");
    let seen: HashSet<String> = items.iter().filter(|item| typed(item)).map(|item| text(item)).collect();
    let (mut calls, mut outputs, mut live) = (HashSet::new(), HashSet::new(), Vec::new());
    for item in items {
        if typed(item) {
            live.push(text(item));
        } else if item["type"] == "user_message" {
            let said = item["message"].as_str().unwrap_or_default().to_string();
            if !seen.contains(&said) {
                live.push(said);
            }
        } else if item["type"] == "thread_rolled_back" {
            let taken = usize::try_from(item["num_turns"].as_u64().unwrap_or_default()).expect("small");
            live.truncate(live.len().saturating_sub(taken));
        } else if is(item, "message", "assistant") {
            read.texts.insert(text(item));
        } else if item["type"] == "reasoning" {
            read.texts.extend(item["summary"][0]["text"].as_str().map(str::to_string));
        } else if let Some(call) = item["call_id"].as_str() {
            match item["type"].as_str() {
                Some("function_call" | "custom_tool_call") => {
                    calls.insert(call.to_string());
                }
                _ if calls.contains(call) => {
                    outputs.insert(call.to_string());
                    let said = item["output"].as_str().or_else(|| item["output"][0]["text"].as_str());
                    read.texts.extend(said.map(str::to_string));
                }
                _ => {}
            }
        }
    }
    (read.calls, read.results, read.live_prompts) = (calls.len(), outputs.len(), live);
    read.texts.extend(read.live_prompts.iter().cloned());
    read
}
