//! The depth-1 fields of a record that the engine reads, as raw tokens.
//!
//! If you want another field in the index, then move it to `indexed`. A writer passes on only these fields of an
//! appended entry, not the line, and an index cannot read any other field. `super::appended` then needs a rule for it.
//! If you change which values can be used, then change `tests/src/oracle/fields.rs` and section 3.2 of `docs/format.md`
//! too.
//!
//! Owns: which keys are read, which of them an index may read, the rule that the last of repeated keys holds, and which
//! ids, parents and times can be used.
//! Invariant: tokens are slices of the record; nothing is decoded before it is needed.

use super::said::{MessageFields, Said};
use crate::json::walk::{Inner, Walked, Walker};
use crate::json::{Cursor, Fault, text};
use alloc::borrow::Cow;
use core::ops::Deref;

macro_rules! fields {
    (
        indexed { $($(#[$indexed_doc:meta])* $indexed:ident = $indexed_key:literal,)* }
        others { $($(#[$doc:meta])* $name:ident = $key:literal,)* }
    ) => {
        /// Raw tokens of the fields that an index reads; `None` where a record has no such field.
        #[derive(Debug, Clone, Copy, Default)]
        pub struct IndexedFields<'a> {
            $($(#[$indexed_doc])* pub $indexed: Option<&'a [u8]>,)*
            /// What the record's `message` says of itself.
            pub said: Said,
        }

        /// Raw tokens of all fields that the engine reads; `None` where a record has no such field.
        #[derive(Debug, Clone, Copy, Default)]
        pub struct Fields<'a> {
            /// The fields that an index reads.
            pub indexed: IndexedFields<'a>,
            $($(#[$doc])* pub $name: Option<&'a [u8]>,)*
        }

        /// Number of [`IndexedFields`].
        pub(super) const INDEXED: usize = [$($indexed_key),*].len();

        impl<'a> Fields<'a> {
            fn slot(&mut self, key: &[u8]) -> Option<&mut Option<&'a [u8]>> {
                $(if key == $indexed_key.as_bytes() { return Some(&mut self.indexed.$indexed); })*
                $(if key == $key.as_bytes() { return Some(&mut self.$name); })*
                None
            }
        }

        impl<'a> IndexedFields<'a> {
            /// All tokens, in the order that [`IndexedFields::of_tokens`] expects.
            pub(super) const fn tokens(&self) -> [Option<&'a [u8]>; INDEXED] {
                [$(self.$indexed),*]
            }

            pub(super) const fn of_tokens([$($indexed),*]: [Option<&'a [u8]>; INDEXED], said: Said) -> Self {
                Self { $($indexed,)* said }
            }
        }
    };
}

fields! {
    indexed {
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
    }
    others {
        /// `message` of a message entry.
        message = "message",
        /// `version` of a header.
        version = "version",
        /// `cwd` of a header.
        cwd = "cwd",
        /// `parentSession` of a header.
        parent_session = "parentSession",
        /// `firstKeptEntryId` of a compaction.
        first_kept = "firstKeptEntryId",
        /// `modelId` of a model change.
        model_id = "modelId",
        /// `firstKeptEntryIndex` of a version 1 compaction.
        first_kept_index = "firstKeptEntryIndex",
        /// `metadata` of a header.
        metadata = "metadata",
        /// `batch` of the first entry of a batch.
        batch = "batch",
    }
}

impl<'a> Deref for Fields<'a> {
    type Target = IndexedFields<'a>;

    fn deref(&self) -> &IndexedFields<'a> {
        &self.indexed
    }
}

impl<'a> Fields<'a> {
    /// Reads the object that begins at `bytes[start]`.
    ///
    /// # Errors
    /// Those of [`Walker::walk_object`].
    pub(crate) fn read(walker: &mut Walker, bytes: &'a [u8], start: usize) -> Result<(Self, Walked), Fault> {
        let mut fields = Self::default();
        // The fields of the last message that the walk met, and where it begins.
        let (mut told, mut told_at) = (MessageFields::default(), usize::MAX);
        let walked = walker.walk_object_within(
            (bytes, start),
            b"message",
            |key, value| fields.take(key, value),
            |inner| match inner {
                Inner::Begins { at } => (told, told_at) = (MessageFields::default(), at),
                Inner::Field(key, value) => told.take(key, value),
            },
        )?;
        if let Some(message) = fields.message {
            let is_told = bytes.get(told_at..).is_some_and(|at| core::ptr::eq(at.as_ptr(), message.as_ptr()));
            // One whose key is written with escapes was not met.
            let message = if is_told { told } else { MessageFields::read(message) };
            fields.indexed.said = message.said();
        }
        Ok((fields, walked))
    }

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
}

impl<'a> IndexedFields<'a> {
    /// The kind as text; empty if it is absent or unreadable.
    #[must_use]
    pub fn kind_text(&self) -> Cow<'a, str> {
        self.kind.and_then(text::string_lossy).unwrap_or_default()
    }

    /// The id, if it can be used (see [`id_of`]).
    #[must_use]
    pub fn usable_id(&self) -> Option<Cow<'a, str>> {
        self.id.and_then(id_of)
    }

    /// The parent's id as the log names it, if it can be used.
    #[must_use]
    pub fn parent_text(&self) -> Option<Cow<'a, str>> {
        self.parent_token().and_then(id_of)
    }

    /// The parent field; `parentId` goes before `parent_id`.
    #[must_use]
    pub fn parent_token(&self) -> Option<&'a [u8]> {
        self.parent.or(self.parent_snake)
    }

    /// Id, parent and time, decoded, and which of them cannot be used.
    #[must_use]
    pub fn entry(&self) -> EntryFields<'a> {
        let (id, parent, ts) = (self.usable_id(), self.parent_text(), self.time());
        let bad = [
            (BadField::Id, id.is_none() && is_there(self.id)),
            (BadField::Parent, parent.is_none() && is_there(self.parent_token())),
            (BadField::Timestamp, ts.is_none() && is_there(self.timestamp)),
        ];
        EntryFields { id, parent, ts, bad: bad.map(|(field, is_bad)| is_bad.then_some(field)) }
    }

    /// True for a record of type `session`.
    #[must_use]
    pub fn is_session(&self) -> bool {
        self.kind == Some(b"\"session\"") || self.kind_text() == "session"
    }

    /// True if the record has an id and a parent field, whatever their values, as an entry has and a header has not.
    #[must_use]
    pub const fn is_linked(&self) -> bool {
        self.id.is_some() && (self.parent.is_some() || self.parent_snake.is_some())
    }

    /// True if the record has type, id, timestamp and parent, which an object salvaged from a broken line needs.
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

/// Id, parent and time of an entry, decoded.
#[derive(Debug, Clone)]
pub struct EntryFields<'a> {
    /// The id, if it can be used.
    pub id: Option<Cow<'a, str>>,
    /// The parent's id, if it can be used.
    pub parent: Option<Cow<'a, str>>,
    /// Unix milliseconds, if the time can be used.
    pub ts: Option<i64>,
    bad: [Option<BadField>; 3],
}

impl EntryFields<'_> {
    /// The fields that are present but cannot be used. A null field counts as absent.
    pub fn bad(&self) -> impl Iterator<Item = BadField> {
        self.bad.into_iter().flatten()
    }
}

/// A field that is present but cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadField {
    /// `id`.
    Id,
    /// `parentId` or `parent_id`.
    Parent,
    /// `timestamp`.
    Timestamp,
}

/// The id that a token holds: a non-empty string of valid Unicode, or a number, whose text is the id.
#[must_use]
pub fn id_of(token: &[u8]) -> Option<Cow<'_, str>> {
    if is_number(token) {
        return core::str::from_utf8(token).ok().map(Cow::Borrowed);
    }
    text::string(token).filter(|text| !text.is_empty())
}

/// True if the token is a number.
pub(crate) fn is_number(token: &[u8]) -> bool {
    matches!(token.first(), Some(b'-' | b'0'..=b'9'))
}

/// True if the log may write this id as a number.
pub(crate) fn may_be_number(id: &str) -> bool {
    let mut cursor = Cursor::new(id.as_bytes(), 0);
    cursor.number().is_ok() && cursor.at == id.len()
}

fn is_there(token: Option<&[u8]>) -> bool {
    token.is_some_and(|token| !text::is_null(token))
}
