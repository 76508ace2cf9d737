//! A session of Gemini CLI, read plainly: the list of messages, as each line changes it.

use super::{Said, records};
use serde_json::Value;

/// Reads a session whose lines are whole, or a document.
///
/// # Panics
/// If it is none.
#[must_use]
pub fn read_gemini(bytes: &[u8]) -> Said {
    let records = records(bytes);
    let mut said = Said::of(&records);
    let all: Vec<Value> = if records.is_empty() {
        vec![serde_json::from_slice(bytes).expect("one document")]
    } else {
        records.into_iter().map(|(_, _, record)| record).collect()
    };
    // All messages as they ended up, and which of them count.
    let (mut messages, mut now): (Vec<Value>, Vec<usize>) = (Vec::new(), Vec::new());
    for record in &all {
        if let Some(id) = record["$rewindTo"].as_str() {
            let at = now.iter().position(|&n| messages[n]["id"] == id);
            now.truncate(at.unwrap_or(0));
            continue;
        }
        let list = record["$set"].get("messages").or_else(|| record.get("messages")).and_then(Value::as_array);
        if let Some(list) = list {
            let same = now.iter().zip(list).take_while(|(n, new)| messages[**n]["id"] == new["id"]).count();
            now.truncate(same);
        }
        let one = record.get("id").map(|_| std::slice::from_ref(record));
        for message in list.map_or(one.unwrap_or_default(), Vec::as_slice) {
            match now.iter().find(|n| messages[**n]["id"] == message["id"]) {
                Some(&n) => messages[n] = message.clone(),
                None => {
                    now.push(messages.len());
                    messages.push(message.clone());
                }
            }
        }
    }
    for message in &messages {
        let calls = message["toolCalls"].as_array().cloned().unwrap_or_default();
        said.responses += usize::from(message["type"] == "gemini");
        said.calls += calls.len();
        let results = calls.iter().filter_map(|call| call.get("result"));
        let response = |result: &Value| result[0]["functionResponse"]["response"].clone();
        for result in results.map(response) {
            said.results += 1;
            let text = result["output"].as_str().or_else(|| result["error"].as_str());
            said.texts.insert(text.expect("a text").to_string());
        }
        if message["type"] == "gemini" || message["type"] == "user" {
            said.texts.insert(text(message));
        }
        said.texts.extend(message["thoughts"][0]["description"].as_str().map(str::to_string));
    }
    said.live_prompts =
        now.iter().map(|&n| &messages[n]).filter(|message| message["type"] == "user").map(text).collect();
    said
}

fn text(message: &Value) -> String {
    let content = &message["content"];
    content.as_str().or_else(|| content[0]["text"].as_str()).unwrap_or_default().to_string()
}
