//! The depth-1 fields of a record that the engine reads, as raw tokens.
//!
//! Owns: which keys are read, and that of a repeated key the last one holds.
//! Invariant: tokens are slices of the record; nothing is decoded before somebody asks.
//! Does not: judge values beyond "usable as an id".

use crate::json::text;
use alloc::borrow::Cow;

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $key:literal,)*) => {
        /// Raw tokens of the fields that the engine reads; `None` where a record has no such field.
        #[derive(Debug, Clone, Copy, Default)]
        pub struct Fields<'a> {
            $($(#[$doc])* pub $name: Option<&'a [u8]>,)*
        }

        impl<'a> Fields<'a> {
            fn slot(&mut self, key: &[u8]) -> Option<&mut Option<&'a [u8]>> {
                $(if key == $key.as_bytes() { return Some(&mut self.$name); })*
                None
            }
        }
    };
}

fields! {
    /// `type`: the kind of the record.
    kind = "type",
    /// `id`: of an entry, or of the session in a header.
    id = "id",
    /// `parentId`.
    parent = "parentId",
    /// `parent_id`, which other writers use.
    parent_snake = "parent_id",
    /// `timestamp`.
    timestamp = "timestamp",
    /// `message` of a message entry.
    message = "message",
    /// `version` of a header.
    version = "version",
    /// `cwd` of a header.
    cwd = "cwd",
    /// `parentSession` of a header.
    parent_session = "parentSession",
    /// `targetId` of a label.
    target = "targetId",
    /// `label` of a label.
    label = "label",
    /// `name` of a session info.
    name = "name",
    /// `customType` of a custom entry.
    custom_type = "customType",
    /// `data` of a custom entry.
    data = "data",
    /// `firstKeptEntryId` of a compaction.
    first_kept = "firstKeptEntryId",
    /// `modelId` of a model change.
    model_id = "modelId",
    /// `firstKeptEntryIndex` of a version 1 compaction.
    first_kept_index = "firstKeptEntryIndex",
    /// `metadata` of a header.
    metadata = "metadata",
}

impl<'a> Fields<'a> {
    /// Takes one field; `key` is raw, without its quotes.
    pub(crate) fn take(&mut self, key: &'a [u8], value: &'a [u8]) {
        let slot = if key.contains(&b'\\') {
            let Some(decoded) = text::unescape(key) else { return };
            self.slot(decoded.as_bytes())
        } else {
            self.slot(key)
        };
        if let Some(slot) = slot {
            *slot = Some(value);
        }
    }

    /// The kind as text; empty where there is none that can be read.
    #[must_use]
    pub fn kind_text(&self) -> Cow<'a, str> {
        self.kind.and_then(text::string_lossy).unwrap_or_default()
    }

    /// The id, if it is usable: a string that is not empty and is valid Unicode.
    #[must_use]
    pub fn usable_id(&self) -> Option<Cow<'a, str>> {
        usable(self.id)
    }

    /// The parent's id as the log says it; `parentId` goes before `parent_id`.
    #[must_use]
    pub fn parent_text(&self) -> Option<Cow<'a, str>> {
        // What cannot be decoded names a parent all the same, one that no entry is.
        self.parent.or(self.parent_snake).and_then(text::string_lossy).filter(|text| !text.is_empty())
    }

    /// True for a record of type `session`.
    #[must_use]
    pub fn is_session(&self) -> bool {
        self.kind == Some(b"\"session\"") || self.kind_text() == "session"
    }

    /// An id and a parent, whatever their values: what an entry of a tree has, and a header has not.
    #[must_use]
    pub const fn is_linked(&self) -> bool {
        self.id.is_some() && (self.parent.is_some() || self.parent_snake.is_some())
    }

    /// All four fields that make an object out of a broken line a record: type, id, timestamp and parent.
    #[must_use]
    pub const fn looks_like_entry(&self) -> bool {
        self.kind.is_some() && self.timestamp.is_some() && self.is_linked()
    }

    /// The time in Unix milliseconds, if it is an RFC 3339 string or an integer.
    #[must_use]
    pub fn time(&self) -> Option<i64> {
        super::time::parse(self.timestamp?)
    }
}

fn usable(token: Option<&[u8]>) -> Option<Cow<'_, str>> {
    token.and_then(text::string).filter(|text| !text.is_empty())
}
