//! A simple reader of a log that shows another agent's session, and the rules that every such log keeps.

use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// One entry.
#[derive(Debug, Clone)]
pub struct ShownEntry {
    pub id: String,
    pub parent: Option<String>,
    pub kind: String,
    /// The records that the entry shows, by offset and length.
    pub sources: Vec<(usize, usize)>,
    pub value: Value,
}

impl ShownEntry {
    /// The role of a message.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        self.value["message"]["role"].as_str()
    }

    /// Ids of the calls in the entry.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        let blocks = self.value["message"]["content"].as_array().cloned().unwrap_or_default();
        let calls = blocks.iter().filter(|block| block["type"] == "toolCall");
        calls.map(|block| block["id"].as_str().expect("an id").to_string()).collect()
    }

    /// All texts in it.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let content = &self.value["message"]["content"];
        if let Some(text) = content.as_str() {
            return vec![text.to_string()];
        }
        let blocks = content.as_array().cloned().unwrap_or_default();
        let text = |block: &Value| block["text"].as_str().or_else(|| block["thinking"].as_str()).map(str::to_string);
        blocks.iter().filter_map(text).collect()
    }
}

/// The log.
#[derive(Debug)]
pub struct Shown {
    pub header: Value,
    pub entries: Vec<ShownEntry>,
}

impl Shown {
    /// Reads a log and checks the rules: ids are unique, parents come first, everything that pi reads without a check
    /// is present, and results directly follow their calls.
    ///
    /// # Panics
    /// Panics if the log breaks a rule.
    #[must_use]
    pub fn read(log: &[u8]) -> Self {
        let mut lines = log.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
        let header: Value = serde_json::from_slice(lines.next().expect("a header")).expect("JSON");
        assert_eq!((&header["type"], &header["version"]), (&"session".into(), &3.into()), "{header}");
        // One whose source does not say its id has the name of its file.
        let has_id = header.get("id").is_none_or(|id| id.as_str().is_some_and(|id| !id.is_empty()));
        assert!(has_id && header["cwd"].is_string() && header["timestamp"].is_string(), "{header}");
        let entries: Vec<ShownEntry> = lines.map(entry).collect();
        let shown = Self { header, entries };
        shown.is_a_tree();
        shown.entries.iter().filter(|entry| entry.kind == "message").for_each(is_for_pi);
        shown.results_are_behind_calls();
        shown
    }

    fn is_a_tree(&self) {
        let mut seen = HashSet::new();
        for entry in &self.entries {
            assert!(entry.parent.as_ref().is_none_or(|parent| seen.contains(parent)), "{entry:?}: no such parent yet");
            assert!(seen.insert(entry.id.clone()), "{entry:?}: the id is taken");
            assert!(!entry.sources.is_empty() && entry.value["timestamp"].is_string(), "{entry:?}");
        }
    }

    /// Between a result and the response that made its call stand results of other calls of it alone.
    fn results_are_behind_calls(&self) {
        let by_id: HashMap<&str, &ShownEntry> = self.entries.iter().map(|entry| (entry.id.as_str(), entry)).collect();
        let call_of = |result: &ShownEntry| result.value["message"]["toolCallId"].as_str().expect("an id").to_string();
        for result in self.entries.iter().filter(|entry| entry.role() == Some("toolResult")) {
            let (call, mut others, mut at) = (call_of(result), HashSet::new(), result);
            loop {
                at = by_id[at.parent.as_deref().expect("a parent")];
                if at.role() != Some("toolResult") {
                    break;
                }
                others.insert(call_of(at));
            }
            assert!(at.calls().contains(&call), "{result:?} belongs to no call of {at:?}");
            assert!(!others.contains(&call), "{result:?} is the second of its call");
        }
    }

    /// The entries of the active path, root first.
    #[must_use]
    pub fn active_path(&self) -> Vec<&ShownEntry> {
        let by_id: HashMap<&str, &ShownEntry> = self.entries.iter().map(|entry| (entry.id.as_str(), entry)).collect();
        let mut path = Vec::new();
        let mut at = self.entries.last();
        while let Some(entry) = at {
            path.push(entry);
            at = entry.parent.as_deref().and_then(|parent| by_id.get(parent).copied());
        }
        path.reverse();
        path
    }

    /// All records that the log shows.
    #[must_use]
    pub fn sources(&self) -> HashSet<(usize, usize)> {
        self.entries.iter().flat_map(|entry| entry.sources.iter().copied()).collect()
    }

    /// Number of messages with this role.
    #[must_use]
    pub fn count(&self, role: &str) -> usize {
        self.entries.iter().filter(|entry| entry.role() == Some(role)).count()
    }

    /// Number of calls.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.entries.iter().map(|entry| entry.calls().len()).sum()
    }
}

fn entry(line: &[u8]) -> ShownEntry {
    let value: Value = serde_json::from_slice(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    let text = |name: &str| value[name].as_str().map(str::to_string);
    let span = |span: &Value| {
        let number = |n: usize| usize::try_from(span[n].as_u64().expect("a number")).expect("small");
        (number(0), number(1))
    };
    let sources = value["parts"].as_array().map_or_else(
        || vec![span(&value["source"])],
        |parts| {
            assert_eq!(parts[0], value["source"]);
            parts.iter().map(span).collect()
        },
    );
    ShownEntry {
        id: text("id").expect("an id"),
        parent: text("parentId"),
        kind: text("type").expect("a kind"),
        sources,
        value,
    }
}

/// Checks everything that pi reads of a message without a check.
fn is_for_pi(entry: &ShownEntry) {
    let message = &entry.value["message"];
    assert!(message["timestamp"].is_i64(), "{entry:?}");
    let blocks = message["content"].as_array();
    let may: &[&str] = match message["role"].as_str() {
        Some("user") => &["text", "image"],
        Some("assistant") => {
            for name in ["input", "output", "cacheRead", "cacheWrite", "totalTokens"] {
                assert!(message["usage"][name].is_i64(), "{entry:?}");
            }
            assert!(message["usage"]["cost"]["total"].is_number(), "{entry:?}");
            assert!(["api", "provider", "model", "stopReason"].iter().all(|name| message[*name].is_string()));
            assert!(blocks.is_some(), "{entry:?}");
            &["text", "thinking", "toolCall"]
        }
        Some("toolResult") => {
            assert!(message["toolCallId"].is_string() && message["toolName"].is_string(), "{entry:?}");
            assert!(message["isError"].is_boolean() && blocks.is_some(), "{entry:?}");
            &["text", "image"]
        }
        role => panic!("{role:?}: {entry:?}"),
    };
    for block in blocks.into_iter().flatten() {
        let kind = block["type"].as_str().expect("a kind");
        assert!(may.contains(&kind), "{entry:?}");
        assert!(kind != "toolCall" || block["arguments"].is_object() && block["name"].is_string(), "{entry:?}");
        assert!(kind != "text" || block["text"].is_string(), "{entry:?}");
    }
}
