//! The title that a user gives a session, stored in its log.
//!
//! Owns: the entries that set it: pi's `session_info`, and, in a session from jcode, also a `jcode/meta` entry with
//! `custom_title`, which jcode itself reads.
//! Invariant: the last of these entries in file order holds; an empty title removes the user's title.

use crate::json::text;
use alloc::vec::Vec;

/// The `session_info` entry that sets this title, without id, parent and time.
#[must_use]
pub fn session_info(title: &str) -> Vec<u8> {
    let mut entry = br#"{"type":"session_info","name":"#.to_vec();
    text::write_string(&mut entry, title);
    entry.push(b'}');
    entry
}

/// The `jcode/meta` entry that sets this title for jcode, without id, parent and time.
#[must_use]
pub fn custom_title(title: &str) -> Vec<u8> {
    let mut entry = br#"{"type":"custom","customType":"jcode/meta","data":{"custom_title":"#.to_vec();
    if title.is_empty() {
        entry.extend_from_slice(b"null");
    } else {
        text::write_string(&mut entry, title);
    }
    entry.extend_from_slice(b"}}");
    entry
}
