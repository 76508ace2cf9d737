//! Words of contents.
//!
//! Owns: what a content is as one text.
//! Invariant: nothing of a content is left out but the data of pictures.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use serde_json::{Map, Value};

/// All words of a content.
pub(crate) fn content_text(content: Option<&Value>) -> String {
    match content {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(blocks)) => {
            let words = blocks.iter().map(|block| match block {
                Value::Object(fields) => match text(fields, "type").as_str() {
                    "text" => text(fields, "text"),
                    "image" => image(fields),
                    _ => block.to_string(),
                },
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            words.collect::<Vec<_>>().join("\n\n")
        }
        Some(other) => other.to_string(),
    }
}

/// What stands in place of a picture: the format has only places of files for them.
pub(super) fn image(fields: &Map<String, Value>) -> String {
    let source = fields.get("source").and_then(Value::as_object);
    let name = |fields: &Map<String, Value>| {
        let given = Some(text(fields, "mimeType")).filter(|mime| !mime.is_empty());
        given.unwrap_or_else(|| text(fields, "media_type"))
    };
    let mime = Some(name(fields)).filter(|mime| !mime.is_empty()).or_else(|| source.map(name)).unwrap_or_default();
    format!("[picture left out: {}]", if mime.is_empty() { "image" } else { &mime })
}

/// A field that is text; empty if it is none.
pub(crate) fn text(fields: &Map<String, Value>, name: &str) -> String {
    fields.get(name).and_then(Value::as_str).unwrap_or_default().to_string()
}
