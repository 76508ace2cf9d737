//! The searchable texts of an entry, and whether one holds a word. JSON is read with serde_json, and texts are compared
//! character by character.
//!
//! Owns: the texts by field, the edits that hold on each path, copies, order. It is slow and simple, like the whole
//! oracle.

use super::{OracleEntry, OracleLog, read_log};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// A text of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OracleText {
    pub field: &'static str,
    pub text: String,
    /// The tool that the text belongs to: a name, or the id of a call.
    pub tool: OracleTool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum OracleTool {
    None,
    Named(String),
    OfCall(String),
}

/// The texts of an entry as seen on some path.
#[derive(Debug, Clone)]
pub struct OracleTexts {
    pub role: Option<String>,
    pub texts: Vec<OracleText>,
}

/// A log with everything that a search uses.
#[derive(Debug)]
pub struct Searched {
    pub log: OracleLog,
    values: Vec<Option<Value>>,
}

impl Searched {
    #[must_use]
    pub fn read(bytes: &[u8]) -> Self {
        let log = read_log(bytes);
        let values = log.entries.iter().map(|entry| value(&bytes[entry.offset as usize..][..entry.len as usize]));
        Self { values: values.collect(), log }
    }

    /// All readings of an entry: on the paths to all leaves, or on the active path only.
    #[must_use]
    pub fn readings(&self, at: usize, active: bool) -> Vec<OracleTexts> {
        let Some(value) = &self.values[at] else { return Vec::new() };
        let last = self.log.entries.len() - 1;
        let mut leaves: Vec<usize> = (0..=last).rev().filter(|&leaf| self.log.entries[leaf].leaf).collect();
        if active {
            leaves = vec![last];
        }
        let mut readings = Vec::new();
        let mut seen = Vec::new();
        for path in leaves.into_iter().map(|leaf| self.log.path_to(leaf)).filter(|path| path.contains(&at)) {
            let edit = path.iter().rev().find(|&&edit| self.is_edit_of(edit, at));
            if !seen.contains(&edit.copied()) {
                seen.push(edit.copied());
                readings.extend(self.edited(value, edit.copied()).map(|value| texts(&value)));
            }
        }
        readings
    }

    /// Whether `edit` is an edit of the entry at `at`, and stands behind it.
    fn is_edit_of(&self, edit: usize, at: usize) -> bool {
        let (entry, Some(value)) = (&self.log.entries[edit], &self.values[edit]) else { return false };
        let target = value.get("targetId").and_then(Value::as_str);
        let of = &self.log.entries[at];
        // If several entries share an id, the first one is meant.
        edit > at && entry.kind == "context_edit" && target == of.log_id.as_deref() && target == Some(&of.key)
    }

    /// The entry with its content edited; `None` if it is left out.
    fn edited(&self, value: &Value, edit: Option<usize>) -> Option<Value> {
        let Some(edit) = edit.and_then(|edit| self.values[edit].as_ref()) else { return Some(value.clone()) };
        let mut value = value.clone();
        let kind = value["type"].as_str().unwrap_or_default().to_string();
        let can = kind == "custom_message" || kind == "message" && value.get("message").is_some();
        match edit.get("replacement") {
            Some(Value::Null) if can => return None,
            Some(Value::Object(replacement)) if replacement.contains_key("content") => {
                let content = replacement["content"].clone();
                if kind == "custom_message" {
                    value["content"] = content;
                } else if kind == "message"
                    && let Some(role) = value["message"]["role"].as_str()
                    && ["user", "assistant", "toolResult", "custom"].contains(&role)
                {
                    value["message"]["content"] = content;
                }
            }
            _ => {}
        }
        Some(value)
    }

    /// Ids of the calls of a tool.
    #[must_use]
    pub fn calls_of(&self, tool: &str) -> Vec<String> {
        let entries = self.log.entries.iter().zip(&self.values).filter(|(entry, _)| entry.kind == "message");
        let blocks = entries.filter_map(|(_, value)| value.as_ref()?["message"]["content"].as_array()).flatten();
        let calls = blocks.filter(|block| matches!(block["type"].as_str(), Some("toolCall" | "tool_use")));
        let of_it = calls.filter(|call| call["name"] == tool);
        of_it.filter_map(|call| call["id"].as_str().map(str::to_string)).collect()
    }

    #[must_use]
    pub fn entry(&self, at: usize) -> &OracleEntry {
        &self.log.entries[at]
    }
}

/// The record of a line; what cannot be decoded becomes U+FFFD.
fn value(line: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(line);
    let mut sound = String::new();
    let mut rest = text.trim_start_matches('\u{feff}');
    while let Some(at) = rest.find('\\') {
        sound.push_str(&rest[..at]);
        rest = &rest[at..];
        let unit = |from: usize| rest.get(from..from + 6).filter(|unit| unit.starts_with("\\u"));
        let half = |unit: &str, kinds: &str| {
            let unit = unit.to_ascii_lowercase();
            unit.starts_with("\\ud") && unit.chars().nth(3).is_some_and(|c| kinds.contains(c))
        };
        let len = match (unit(0), unit(6)) {
            (Some(high), Some(low)) if half(high, "89ab") && half(low, "cdef") => 12,
            (Some(lone), _) if half(lone, "89abcdef") => {
                sound.push('\u{fffd}');
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            _ => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        sound.push_str(&rest[..len]);
        rest = &rest[len..];
    }
    sound.push_str(rest);
    serde_json::from_str(&sound).ok()
}

fn texts(entry: &Value) -> OracleTexts {
    let mut out = OracleTexts { role: None, texts: Vec::new() };
    let own = ["type", "id", "parentId", "parent_id", "timestamp"];
    match entry["type"].as_str().unwrap_or_default() {
        "message" => match entry.get("message") {
            Some(Value::Object(message)) => out.message(message),
            Some(other) => out.strings("custom", other, &OracleTool::None),
            None => {}
        },
        "custom_message" => {
            out.content(&entry["content"], "custom", &OracleTool::None, true);
            out.strings("custom", &entry["details"], &OracleTool::None);
        }
        "compaction" | "branch_summary" => {
            out.strings("summary", &entry["summary"], &OracleTool::None);
            out.strings("summary", &entry["details"], &OracleTool::None);
            out.strings("custom", &entry["systemMessage"], &OracleTool::None);
        }
        "custom" if entry["customType"] == "jcode/meta" && entry["data"].is_object() => {
            for (key, value) in entry["data"].as_object().into_iter().flatten() {
                let title = key == "title" || key == "custom_title";
                out.strings(if title { "title" } else { "custom" }, value, &OracleTool::None);
            }
        }
        "custom" => out.strings("custom", &entry["data"], &OracleTool::None),
        "label" => out.strings("label", &entry["label"], &OracleTool::None),
        "session_info" => out.strings("title", &entry["name"], &OracleTool::None),
        "context_edit" | "model_change" | "thinking_level_change" | "usage" => {}
        _ => {
            for (_, value) in entry.as_object().into_iter().flatten().filter(|(key, _)| !own.contains(&key.as_str())) {
                out.strings("custom", value, &OracleTool::None);
            }
        }
    }
    out.texts.retain(|text| !text.text.is_empty() && !is_base64(&text.text));
    out
}

impl OracleTexts {
    fn push(&mut self, field: &'static str, value: &Value, tool: &OracleTool) {
        if let Some(text) = value.as_str() {
            self.texts.push(OracleText { field, text: text.to_string(), tool: tool.clone() });
        }
    }

    fn strings(&mut self, field: &'static str, value: &Value, tool: &OracleTool) {
        match value {
            Value::String(_) => self.push(field, value, tool),
            Value::Array(values) => values.iter().for_each(|value| self.strings(field, value, tool)),
            Value::Object(fields) => fields.values().for_each(|value| self.strings(field, value, tool)),
            _ => {}
        }
    }

    fn message(&mut self, message: &Map<String, Value>) {
        let get = |name: &str| message.get(name).unwrap_or(&Value::Null);
        let role = get("role").as_str();
        self.role = role.map(str::to_string);
        let tool = match (role, get("toolName").as_str(), get("toolCallId").as_str()) {
            (Some("toolResult"), Some(name), _) => OracleTool::Named(name.to_string()),
            (Some("toolResult"), None, Some(id)) => OracleTool::OfCall(id.to_string()),
            (Some("bashExecution"), ..) => OracleTool::Named("bash".to_string()),
            _ => OracleTool::None,
        };
        let said = match role {
            Some("user" | "assistant") => "text",
            Some("toolResult" | "bashExecution") => "output",
            Some("branchSummary" | "compactionSummary") => "summary",
            _ => "custom",
        };
        if said == "output" {
            self.push("tool", get("toolName"), &tool);
            self.push("arguments", get("command"), &tool);
        }
        self.content(get("content"), said, &tool, true);
        for call in get("nestedCalls")["calls"].as_array().into_iter().flatten().filter(|call| call.is_object()) {
            self.call(call);
        }
        for name in ["output", "summary", "errorMessage", "details", "sections", "toolsAdded", "toolsRemoved"] {
            self.strings(said, get(name), &tool);
        }
    }

    fn call(&mut self, call: &Value) {
        let tool = call["name"].as_str().map_or(OracleTool::None, |name| OracleTool::Named(name.to_string()));
        self.push("tool", &call["name"], &tool);
        let arguments = if call["arguments"].is_null() { &call["input"] } else { &call["arguments"] };
        self.strings("arguments", arguments, &tool);
    }

    fn content(&mut self, content: &Value, said: &'static str, tool: &OracleTool, outer: bool) {
        let Some(blocks) = content.as_array() else {
            let field = if content.is_string() || said == "output" { said } else { "custom" };
            return self.strings_but(field, content, tool);
        };
        let other = if said == "output" { said } else { "custom" };
        for block in blocks {
            match block["type"].as_str() {
                Some("text") => self.push(said, &block["text"], tool),
                Some("thinking" | "anthropic_thinking" | "reasoning" | "reasoning_trace") => {
                    let text = if block["thinking"].is_null() { &block["text"] } else { &block["thinking"] };
                    self.strings("thinking", text, tool);
                }
                Some("open_a_i_reasoning") => self.strings("thinking", &block["summary"], tool),
                Some("toolCall" | "tool_use") => self.call(block),
                Some("tool_result") if outer => {
                    let of = block["tool_use_id"].as_str();
                    let tool = of.map_or(OracleTool::None, |id| OracleTool::OfCall(id.to_string()));
                    self.content(&block["content"], "output", &tool, false);
                }
                Some("image") => {}
                _ => self.strings_but(other, block, tool),
            }
        }
    }

    /// Adds the strings of an unknown block.
    fn strings_but(&mut self, field: &'static str, block: &Value, tool: &OracleTool) {
        match block.as_object() {
            None => self.strings(field, block, tool),
            Some(fields) => {
                for (_, value) in fields.iter().filter(|(key, _)| *key != "type" && *key != "id") {
                    self.strings(field, value, tool);
                }
            }
        }
    }
}

fn is_base64(text: &str) -> bool {
    let encoded = match text.strip_prefix("data:").and_then(|rest| rest.split_once(";base64,")) {
        Some((kind, encoded)) if !kind.chars().any(char::is_whitespace) => encoded,
        _ => text,
    };
    let has = |wanted: fn(char) -> bool| encoded.chars().any(wanted);
    encoded.len() >= 256
        && encoded.chars().all(|c| c.is_ascii_alphanumeric() || "+/=-_\r\n".contains(c))
        && has(|c| c.is_ascii_uppercase())
        && has(|c| c.is_ascii_lowercase())
        && has(|c| c.is_ascii_digit())
}

/// Whether a text holds a word: in any case, unless the word has capital letters.
#[must_use]
pub fn holds(text: &str, word: &str) -> bool {
    let any_case = !word.chars().any(char::is_uppercase);
    let form = |text: &str| -> Vec<char> { text.chars().map(|c| if any_case { lower(c) } else { c }).collect() };
    let (text, word) = (form(text), form(word));
    text.windows(word.len()).any(|part| part == word)
}

/// The lower case of a letter if that is one letter; ASCII letters map only to ASCII.
fn lower(c: char) -> char {
    let lower: Vec<char> = c.to_lowercase().collect();
    match lower[..] {
        [one] if one.is_ascii() == c.is_ascii() => one,
        _ => c,
    }
}

/// One hit: time, path, offset, key.
pub type OracleHit = (Option<i64>, String, u64, String);

/// The hits of a home over all logs, newest first, only the first of several copies. `matches` decides whether a
/// reading of an entry matches.
#[must_use]
pub fn hits(
    logs: &[(String, Searched)],
    active: bool,
    matches: &dyn Fn(&Searched, &OracleEntry, &OracleTexts) -> bool,
) -> Vec<OracleHit> {
    let mut all = Vec::new();
    for (path, log) in logs {
        for at in 0..log.log.entries.len() {
            let entry = log.entry(at);
            let found = log.readings(at, active).into_iter().find(|reading| matches(log, entry, reading));
            if let Some(found) = found {
                let copy = entry.log_id.as_ref().map(|id| {
                    let texts: Vec<_> = found.texts.iter().map(|text| (text.field, text.text.clone())).collect();
                    (id.clone(), entry.ts, entry.kind.clone(), found.role, texts)
                });
                all.push(((entry.ts, path.clone(), entry.offset, entry.key.clone()), copy));
            }
        }
    }
    all.sort_by(|a, b| b.0.cmp(&a.0));
    let mut owners = HashMap::new();
    all.retain(|(hit, copy)| match copy {
        None => true,
        Some(copy) => owners.entry(copy.clone()).or_insert_with(|| hit.1.clone()) == &hit.1,
    });
    all.into_iter().map(|(hit, _)| hit).collect()
}
