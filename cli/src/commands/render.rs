//! An entry as a person reads it in a terminal.
//!
//! Owns: what of each kind is shown. Invariant: nothing from the log reaches the terminal unescaped, and a kind that
//! is not known is shown by name. Does not: fold or page; that is for pagers and the inspector.

use crate::output::{Output, shorten, style, time, visible};
use anyhow::Result;
use jcode_session_core::log::time::parse_text;
use jcode_session_native::session::Entry;
use serde_json::Value;
use std::io::Write;

/// Characters of a tool's arguments or result that are shown.
const TOOL_WIDTH: usize = 160;

pub(super) fn entry(entry: &Entry, output: &mut Output) -> Result<()> {
    let text = String::from_utf8_lossy(&entry.line);
    let Ok(value) = serde_json::from_str::<Value>(&text) else {
        writeln!(output.data(), "{}", shorten(&text, 200))?;
        return Ok(());
    };
    let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let message = value.get("message");
    let role = message.and_then(|message| message.get("role")).and_then(Value::as_str);
    let (s, f) = (output.style(style::STRONG), output.style(style::FAINT));
    let kind = visible(role.unwrap_or_else(|| field("type")));
    let at = time(parse_text(field("timestamp")));
    writeln!(output.data(), "{s}{kind}{s:#} {f}{} {at}{f:#}", shorten(field("id"), 60))?;
    for line in body(&value) {
        writeln!(output.data(), "  {}", visible(&line).replace('\n', "\n  "))?;
    }
    writeln!(output.data())?;
    Ok(())
}

fn body(value: &Value) -> Vec<String> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_string);
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default();
    match kind {
        "message" => value.get("message").map(|message| content(message.get("content"))).unwrap_or_default(),
        "custom_message" => content(value.get("content")),
        "compaction" | "branch_summary" => text("summary").into_iter().collect(),
        "model_change" => {
            vec![format!("{} {}", text("provider").unwrap_or_default(), text("modelId").unwrap_or_default())]
        }
        "thinking_level_change" => text("thinkingLevel").into_iter().collect(),
        "session_info" => text("name").into_iter().collect(),
        "label" => {
            let target = text("targetId").unwrap_or_default();
            vec![text("label").map_or_else(|| format!("{target}: label removed"), |label| format!("{target}: {label}"))]
        }
        "custom" => vec![format!(
            "{} {}",
            text("customType").unwrap_or_default(),
            value.get("data").map(|data| shorten(&data.to_string(), TOOL_WIDTH)).unwrap_or_default()
        )],
        _ => Vec::new(),
    }
}

/// The blocks of a message's content, which is a text or a list of blocks.
fn content(content: Option<&Value>) -> Vec<String> {
    match content {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(blocks)) => blocks.iter().map(block).collect(),
        _ => Vec::new(),
    }
}

fn block(block: &Value) -> String {
    let text = |name: &str| block.get(name).and_then(Value::as_str);
    let json = |name: &str| block.get(name).map(|v| shorten(&v.to_string(), TOOL_WIDTH)).unwrap_or_default();
    let kind = text("type").unwrap_or_default();
    match kind {
        "text" => text("text").unwrap_or_default().to_string(),
        "thinking" | "reasoning" => {
            format!("[{kind}] {}", shorten(text("thinking").or(text("text")).unwrap_or_default(), TOOL_WIDTH))
        }
        "toolCall" => format!("[tool call] {} {}", text("name").unwrap_or_default(), json("arguments")),
        "tool_use" => format!("[tool call] {} {}", text("name").unwrap_or_default(), json("input")),
        "tool_result" => format!("[tool result] {}", json("content")),
        "image" => format!("[image] {}", text("mimeType").or(text("media_type")).unwrap_or_default()),
        other => format!("[{other}]"),
    }
}
