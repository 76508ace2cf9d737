//! Tags of a session: words that a user gives it, stored in its log.
//!
//! Owns: the entry that sets them (kind `custom`, `customType` `jcode/tags`, `data.tags` the whole sorted set), and the
//! rules for a tag.
//! Invariant: the last readable entry of this kind in file order holds.

use crate::json::Cursor;
use crate::json::text;
use crate::json::walk::Walker;
use crate::log::IndexedFields;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// `customType` of the entry that sets tags.
const CUSTOM_TYPE: &str = "jcode/tags";
/// Most characters in a tag.
const MAX_CHARS: usize = 64;
/// Most tags of a session.
const MAX_TAGS: usize = 64;
/// Longer `data` is not this software's.
const MAX_DATA: usize = 64 * 1024;

/// Why tags were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagError {
    /// The word cannot be a tag.
    #[error("`{0}` cannot be a tag: one to 64 characters, no blanks, no control characters, no `+` or `-` in front")]
    BadTag(String),
    /// The session would have too many tags.
    #[error("a session has at most 64 tags; take some away first (`tag SESSION -T`)")]
    TooMany,
}

/// Checks an untrusted tag.
///
/// # Errors
/// [`TagError::BadTag`] if it cannot be a tag.
pub fn check(tag: &str) -> Result<(), TagError> {
    let plain = !tag.chars().any(|c| c.is_whitespace() || c.is_control());
    let good = plain && !tag.is_empty() && tag.chars().count() <= MAX_CHARS && !tag.starts_with(['+', '-']);
    if good { Ok(()) } else { Err(TagError::BadTag(tag.to_string())) }
}

/// Applies `changes` in order to `old`: true adds a tag, false removes it.
///
/// # Errors
/// [`TagError::TooMany`] if the result has more than 64 tags.
pub fn change<'t>(old: &[String], changes: impl IntoIterator<Item = (&'t str, bool)>) -> Result<Vec<String>, TagError> {
    let mut set: BTreeSet<String> = old.iter().cloned().collect();
    for (tag, add) in changes {
        if add {
            set.insert(tag.to_string());
        } else {
            set.remove(tag);
        }
    }
    if set.len() > MAX_TAGS { Err(TagError::TooMany) } else { Ok(set.into_iter().collect()) }
}

/// The entry that sets these tags, without id, parent and time.
#[must_use]
pub fn entry(tags: &[String]) -> Vec<u8> {
    let mut entry = br#"{"type":"custom","customType":"jcode/tags","data":{"tags":"#.to_vec();
    entry.extend_from_slice(array(tags).as_bytes());
    entry.extend_from_slice(b"}}");
    entry
}

/// True if an entry sets tags, or is meant to.
pub(crate) fn are_set_by(fields: &IndexedFields<'_>) -> bool {
    let is = |token: Option<&[u8]>, word: &str| token.and_then(text::string).is_some_and(|text| text == word);
    fields.data.is_some_and(|data| data.len() <= MAX_DATA)
        // Checked early: almost no entry has a custom type.
        && fields.custom_type.is_some()
        && is(fields.custom_type, CUSTOM_TYPE)
        && is(fields.kind, "custom")
}

/// The tags that an entry sets; `None` if it sets none.
pub(crate) fn set_by(fields: &IndexedFields<'_>) -> Option<Vec<String>> {
    if !are_set_by(fields) {
        return None;
    }
    let mut tags = None;
    let walked = Walker::new().walk_object(fields.data?, 0, |key, value| {
        if key == b"tags" {
            tags = Some(value);
        }
    });
    walked.ok().and(tags).and_then(read_array)
}

/// Tags as a JSON array.
pub(crate) fn array(tags: &[String]) -> String {
    let mut out = Vec::new();
    for tag in tags {
        out.push(if out.is_empty() { b'[' } else { b',' });
        text::write_string(&mut out, tag);
    }
    if out.is_empty() {
        out.push(b'[');
    }
    out.push(b']');
    String::from_utf8(out).unwrap_or_default()
}

/// Reads a JSON array of tags and skips strings that cannot be tags. `None` if it is not an array of strings.
pub(crate) fn read_array(token: &[u8]) -> Option<Vec<String>> {
    let mut set = BTreeSet::new();
    let mut cursor = Cursor::new(token, 0);
    let mut more = cursor.opens(b'[', b']').ok()?;
    while more {
        let start = cursor.at;
        if cursor.peek().ok()? != b'"' {
            return None;
        }
        cursor.string().ok()?;
        let tag = text::string_lossy(cursor.since(start))?;
        if check(&tag).is_ok() && set.len() < MAX_TAGS {
            set.insert(tag.into_owned());
        }
        more = cursor.goes_on(b']').ok()?;
    }
    Some(set.into_iter().collect())
}
