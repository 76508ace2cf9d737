//! The fields of a record. Owns what an object's own members mean for a log: the last of repeated
//! keys holds, escapes in keys are decoded, `parentId` goes before `parent_id`. What nested objects
//! say is no business of the log.

use crate::oracle::json::{Object, Value};
use crate::oracle::text::Text;
use crate::oracle::time::rfc3339_ms;

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

/// The entry's `type`; empty where there is none.
pub fn kind(object: &Object) -> String {
    text(object, "type").map_or_else(String::new, |text| text.lossy.clone())
}

/// The record's id, if it is one that can be used.
pub fn usable_id(object: &Object) -> Option<String> {
    let id = text(object, "id")?.sound()?;
    (!id.is_empty()).then(|| id.to_owned())
}

/// The parent that the record names. A name that cannot be decoded is still a name.
pub fn parent(object: &Object) -> Option<Text> {
    let name = if field(object, "parentId").is_some() { "parentId" } else { "parent_id" };
    text(object, name).filter(|text| !text.lossy.is_empty()).cloned()
}

/// The record's time in Unix milliseconds.
pub fn timestamp(object: &Object) -> Option<i64> {
    match field(object, "timestamp")? {
        Value::String(text) => rfc3339_ms(text.sound()?),
        Value::Number(token) => token.parse().ok(),
        _ => None,
    }
}

/// The header's `version`, if it is an integer.
pub fn version(object: &Object) -> Option<i64> {
    match field(object, "version")? {
        Value::Number(token) => token.parse().ok(),
        _ => None,
    }
}

/// Whether this is a header by its type.
pub fn is_session(object: &Object) -> bool {
    text(object, "type").and_then(Text::sound) == Some("session")
}

/// Whether the object has all of what a record inside a broken line must have to be believed.
pub fn is_salvageable(object: &Object) -> bool {
    let has = |name| field(object, name).is_some();
    has("type") && has("id") && has("timestamp") && (has("parentId") || has("parent_id"))
}
