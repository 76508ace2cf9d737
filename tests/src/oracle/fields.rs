//! The fields of a record. Owns the meaning of an object's own members for a log: the last of repeated keys holds,
//! escapes in keys are decoded, `parentId` goes before `parent_id`. Owns also which values are an id, a parent and a
//! time. Members of nested objects mean nothing to a log.

use crate::oracle::json::{Object, Value};
use crate::oracle::text::Text;
use crate::oracle::time::{integer_ms, rfc3339_ms};

/// The value of the last member with this key.
pub fn field<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    let last = object.members.iter().rev().find(|member| member.key.sound() == Some(name));
    last.map(|member| &member.value)
}

/// The field's text if it is a string.
pub fn text<'a>(object: &'a Object, name: &str) -> Option<&'a Text> {
    match field(object, name)? {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The entry's `type`; empty if there is none.
pub fn kind(object: &Object) -> String {
    text(object, "type").map_or_else(String::new, |text| text.lossy.clone())
}

/// The value of a field that names an id: the entry's own or another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// Nothing: no such field, or null.
    Nothing,
    /// This id: a text, or a number's token.
    Id(String),
    /// A text that cannot be decoded, with its lossy form.
    Undecodable(String),
    /// A value that cannot be an id.
    Junk,
}

impl Named {
    /// The id, if it is one.
    pub fn id(self) -> Option<String> {
        match self {
            Named::Id(id) => Some(id),
            _ => None,
        }
    }
}

fn named(value: Option<&Value>) -> Named {
    match value {
        None | Some(Value::Null) => Named::Nothing,
        Some(Value::Number(token)) => Named::Id(token.clone()),
        Some(Value::String(text)) if text.lossy.is_empty() => Named::Junk,
        Some(Value::String(text)) => match text.sound() {
            Some(id) => Named::Id(id.to_owned()),
            None => Named::Undecodable(text.lossy.clone()),
        },
        Some(Value::Other) => Named::Junk,
    }
}

/// The record's own id.
pub fn id(object: &Object) -> Named {
    named(field(object, "id"))
}

/// The id of the record's parent.
pub fn parent(object: &Object) -> Named {
    named(field(object, "parentId").or_else(|| field(object, "parent_id")))
}

/// The id of the entry that a label labels.
pub fn target(object: &Object) -> Named {
    named(field(object, "targetId"))
}

/// The session id in a header; it must be a text.
pub fn session_id(object: &Object) -> Option<String> {
    text(object, "id").and_then(Text::sound).filter(|id| !id.is_empty()).map(str::to_owned)
}

/// The record's time in Unix milliseconds.
pub fn timestamp(object: &Object) -> Option<i64> {
    match field(object, "timestamp")? {
        Value::String(text) => rfc3339_ms(text.sound()?),
        Value::Number(token) => integer_ms(token),
        _ => None,
    }
}

/// Whether the record has a timestamp that cannot be read.
pub fn bad_timestamp(object: &Object) -> bool {
    let is_there = !matches!(field(object, "timestamp"), None | Some(Value::Null));
    is_there && timestamp(object).is_none()
}

/// The header's `version`, if it is an integer.
pub fn version(object: &Object) -> Option<i64> {
    match field(object, "version")? {
        Value::Number(token) => token.parse().ok(),
        _ => None,
    }
}

/// Whether the record's type is that of a header.
pub fn is_session(object: &Object) -> bool {
    text(object, "type").and_then(Text::sound) == Some("session")
}

/// Whether the object has all fields that a record inside a broken line needs to be salvaged.
pub fn is_salvageable(object: &Object) -> bool {
    let has = |name| field(object, name).is_some();
    has("type") && has("id") && has("timestamp") && (has("parentId") || has("parent_id"))
}
