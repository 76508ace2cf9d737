//! A simple reader of Claude Code transcripts: what was said, and the prompts that lead to the present point.

use super::{Said, records};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Reads a transcript whose lines are whole.
#[must_use]
pub fn read_claude_code(bytes: &[u8]) -> Said {
    let records = records(bytes);
    let mut read = Said::of(&records);
    let mut messages = HashSet::new();
    let (mut calls, mut results) = (HashSet::new(), HashSet::new());
    for (_, _, record) in &records {
        let blocks = record["message"]["content"].as_array().cloned().unwrap_or_default();
        if record["type"] == "assistant" {
            messages.insert(record["message"]["id"].as_str().expect("an id").to_string());
        }
        for block in blocks {
            if block["type"] == "tool_use" {
                calls.insert(block["id"].to_string());
            } else if block["type"] == "tool_result" && calls.contains(&block["tool_use_id"].to_string()) {
                results.insert(block["tool_use_id"].to_string());
            }
        }
    }
    (read.responses, read.calls, read.results) = (messages.len(), calls.len(), results.len());
    read.live_prompts = live_prompts(&records);
    read.texts = texts(&records);
    read
}

fn is_prompt(record: &Value) -> bool {
    let is = |name: &str| record[name] == true;
    let content = &record["message"]["content"];
    let has_result = content.as_array().is_some_and(|blocks| blocks.iter().any(|block| block["type"] == "tool_result"));
    record["type"] == "user" && !is("isMeta") && !is("isCompactSummary") && !has_result
}

fn text_of(record: &Value) -> String {
    let content = &record["message"]["content"];
    content.as_str().or_else(|| content[0]["text"].as_str()).unwrap_or_default().to_string()
}

/// The texts of the live prompts. Each record belongs to the turn in which it was written; a prompt whose parent
/// belongs to an earlier turn resumes that turn.
fn live_prompts(records: &[(usize, usize, Value)]) -> Vec<String> {
    let is_sub_agent = records.iter().all(|(_, _, record)| record["uuid"].is_null() || record["isSidechain"] == true);
    let mut live: Vec<String> = Vec::new();
    let mut turn_of: HashMap<String, Vec<String>> = HashMap::new();
    let mut was_told = false;
    for (_, _, record) in records {
        if record["isSidechain"] == true && !is_sub_agent {
            continue;
        }
        if record["isCompactSummary"] == true {
            was_told = false;
        }
        if is_prompt(record) {
            match record["parentUuid"].as_str() {
                None if record.get("parentUuid").is_some() && was_told => live.clear(),
                None => {}
                Some(parent) => {
                    if let Some(turn) = turn_of.get(parent) {
                        live.clone_from(turn);
                    }
                }
            }
            live.push(text_of(record));
        }
        was_told |= record["type"] == "user" && record["isMeta"] != true && record["isCompactSummary"] != true;
        was_told |= record["type"] == "assistant";
        if let Some(uuid) = record["uuid"].as_str() {
            turn_of.entry(uuid.to_string()).or_insert_with(|| live.clone());
        }
    }
    live
}

/// The final texts. If texts of one response begin with one another, only the longest was said.
fn texts(records: &[(usize, usize, Value)]) -> HashSet<String> {
    let mut said: Vec<(String, String)> = Vec::new();
    for (_, _, record) in records {
        let told = record["type"] == "user" && record["isMeta"] != true && record["isCompactSummary"] != true;
        if !told && record["type"] != "assistant" {
            continue;
        }
        let whose = record["message"]["id"].as_str().or(record["uuid"].as_str()).unwrap_or_default().to_string();
        let content = &record["message"]["content"];
        said.extend(content.as_str().map(|text| (whose.clone(), text.to_string())));
        for block in content.as_array().into_iter().flatten() {
            let of_result = &block["content"];
            let in_result = of_result.as_str().or_else(|| of_result[0]["text"].as_str());
            let text = block["text"].as_str().or_else(|| block["thinking"].as_str()).or(in_result);
            said.extend(text.map(|text| (whose.clone(), text.to_string())));
        }
    }
    let ended = |(whose, text): &(String, String)| {
        !said.iter().any(|(other, longer)| other == whose && longer.len() > text.len() && longer.starts_with(text))
    };
    said.iter().filter(|said| ended(said)).map(|(_, text)| text.clone()).collect()
}
