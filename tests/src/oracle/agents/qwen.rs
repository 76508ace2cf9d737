//! A transcript of Qwen Code, read plainly: its links are the tree, and the conversation ends with the last record.

use super::{Said, records};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Reads a transcript whose lines are whole.
#[must_use]
pub fn read_qwen(bytes: &[u8]) -> Said {
    let records = records(bytes);
    let mut said = Said::of(&records);
    let (mut calls, mut results) = (HashSet::new(), HashSet::new());
    for (_, _, record) in &records {
        said.responses += usize::from(record["type"] == "assistant");
        for part in record["message"]["parts"].as_array().into_iter().flatten() {
            said.texts.extend(part["text"].as_str().map(str::to_string));
            calls.extend(part["functionCall"]["id"].as_str().map(str::to_string));
            let Some(response) = part.get("functionResponse") else { continue };
            let ids = [response["id"].as_str(), record["toolCallResult"]["callId"].as_str()];
            let Some(id) = ids.into_iter().flatten().find(|id| calls.contains(*id)) else { continue };
            results.insert(id.to_string());
            let text = response["response"]["output"].as_str().or_else(|| response["response"]["error"].as_str());
            said.texts.extend(text.map(str::to_string));
        }
    }
    (said.calls, said.results) = (calls.len(), results.len());
    let by_id: HashMap<&str, &Value> =
        records.iter().filter_map(|(_, _, record)| Some((record["uuid"].as_str()?, record))).collect();
    let mut at = records.last().map(|(_, _, record)| record);
    while let Some(record) = at {
        if record["type"] == "user" {
            said.live_prompts.push(record["message"]["parts"][0]["text"].as_str().unwrap_or_default().to_string());
        }
        at = record["parentUuid"].as_str().and_then(|parent| by_id.get(parent).copied());
    }
    said.live_prompts.reverse();
    said
}
