//! What a host that keeps its sessions here appends: messages, side records, changed fields, rewinds, edits.
//!
//! Owns: the form of these entries. Section 8.1 of `docs/format.md` is the rule.
//! Invariant: what the host stores stands in them unchanged. Each is one JSON object, or there is none: a payload cannot
//! add fields of its own to the entry around it.
//! Does not: make ids, parents or times; a writer fills them in. What it fills in keeps the mark of v1 where readers look
//! for it, directly before the payload.

use crate::dialect::jcode::fields::Fields;
use crate::dialect::jcode::read::entry::Kind;
use crate::dialect::jcode::read::time::nanoseconds;
use crate::dialect::jcode::recent::Complete;
use crate::json::text::{self, write_string};
use crate::json::walk::Walker;
use alloc::string::ToString;
use alloc::vec::Vec;

/// Why a payload does not become an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// It is not one JSON object.
    #[error("what is to be stored is not one JSON object")]
    NotAnObject,
    /// It is not one JSON value.
    #[error("the content of an edit is not one JSON value")]
    NotAValue,
}

/// What the host writes beside the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Beside {
    /// Nothing: the log is all there is of the session.
    #[default]
    Nothing,
    /// The same in jcode's v1 files. The entries are marked as coming from there, so that a migration finds nothing
    /// to do.
    V1,
}

/// A list of side records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SideList {
    /// `env_snapshots`.
    EnvSnapshots,
    /// `memory_injections`.
    MemoryInjections,
    /// `replay_events`.
    ReplayEvents,
}

impl SideList {
    const fn kind(self) -> Kind {
        match self {
            Self::EnvSnapshots => Kind::EnvSnapshot,
            Self::MemoryInjections => Kind::MemoryInjection,
            Self::ReplayEvents => Kind::ReplayEvent,
        }
    }
}

impl Beside {
    const fn mark(self) -> &'static [u8] {
        match self {
            Self::Nothing => b"",
            Self::V1 => br#","v1":true"#,
        }
    }

    /// A stored message, under its own id and time where they can be used.
    ///
    /// # Errors
    /// [`PayloadError::NotAnObject`].
    pub fn message(self, stored: &[u8]) -> Result<Vec<u8>, PayloadError> {
        let Own { id, time } = Own::of(stored)?;
        Ok(self.message_under(id, time, stored))
    }

    /// The same for one whose id another entry has: it gets a new one.
    ///
    /// # Errors
    /// [`PayloadError::NotAnObject`].
    pub fn message_anew(self, stored: &[u8]) -> Result<Vec<u8>, PayloadError> {
        Ok(self.message_under(None, Own::of(stored)?.time, stored))
    }

    fn message_under(self, id: Option<&[u8]>, time: Option<&[u8]>, stored: &[u8]) -> Vec<u8> {
        let mut entry = Vec::with_capacity(stored.len() + 256);
        entry.extend_from_slice(br#"{"type":"message""#);
        for (key, value) in [(&br#","id":"#[..], id), (br#","timestamp":"#, time)] {
            if let Some(value) = value {
                entry.extend_from_slice(key);
                entry.extend_from_slice(value);
            }
        }
        entry.extend_from_slice(self.mark());
        entry.extend_from_slice(br#","message":"#);
        entry.extend_from_slice(stored.trim_ascii());
        entry.push(b'}');
        entry
    }

    /// A side record.
    ///
    /// # Errors
    /// [`PayloadError::NotAnObject`].
    pub fn side(self, list: SideList, stored: &[u8]) -> Result<Vec<u8>, PayloadError> {
        object(stored)?;
        Ok(self.custom(list.kind(), stored.trim_ascii()))
    }

    /// The side records with these ids are no longer part of the session.
    #[must_use]
    pub fn drop_sides(self, ids: &[impl AsRef<str>]) -> Vec<u8> {
        self.custom(Kind::Drop, &drop_data(ids))
    }

    /// Changed top-level fields, as [`Fields::changes_to`] tells them.
    #[must_use]
    pub fn meta(self, changes: &Fields) -> Vec<u8> {
        self.custom(Kind::Meta, &changes.to_object())
    }

    /// All top-level fields, so that readers need not look further back.
    #[must_use]
    pub fn complete_meta(self, fields: &Fields, complete: &Complete) -> Vec<u8> {
        let mut entry = br#"{"type":"custom","complete":{"messages":"#.to_vec();
        entry.extend_from_slice(complete.messages.to_string().as_bytes());
        if let Some(boundary) = &complete.boundary {
            entry.extend_from_slice(br#","boundary":"#);
            write_string(&mut entry, boundary);
        }
        entry.push(b'}');
        self.put_custom(&mut entry, Kind::Meta, &fields.to_object());
        entry
    }

    /// The way back to the entry that the writer is told as the parent, from the leaf `from`.
    #[must_use]
    pub fn rewind(self, from: Option<&str>) -> Vec<u8> {
        self.custom(Kind::Rewind, &rewind_data(from))
    }

    /// Other content for the message of an entry; without it the message is left out.
    ///
    /// # Errors
    /// [`PayloadError::NotAValue`].
    pub fn edit(self, target: &str, content: Option<&[u8]>) -> Result<Vec<u8>, PayloadError> {
        let mut entry = br#"{"type":"context_edit""#.to_vec();
        entry.extend_from_slice(self.mark());
        entry.extend_from_slice(br#","targetId":"#);
        write_string(&mut entry, target);
        entry.extend_from_slice(br#","replacement":"#);
        match content.map(<[u8]>::trim_ascii) {
            Some(content) if Walker::new().skip_value(content, 0) == Ok(content.len()) => {
                entry.extend_from_slice(br#"{"content":"#);
                entry.extend_from_slice(content);
                entry.push(b'}');
            }
            Some(_) => return Err(PayloadError::NotAValue),
            None => entry.extend_from_slice(b"null"),
        }
        entry.push(b'}');
        Ok(entry)
    }

    fn custom(self, kind: Kind, data: &[u8]) -> Vec<u8> {
        let mut entry = br#"{"type":"custom""#.to_vec();
        self.put_custom(&mut entry, kind, data);
        entry
    }

    fn put_custom(self, entry: &mut Vec<u8>, kind: Kind, data: &[u8]) {
        entry.extend_from_slice(self.mark());
        entry.extend_from_slice(br#","customType":"#);
        write_string(entry, kind.custom_type());
        entry.extend_from_slice(br#","data":"#);
        entry.extend_from_slice(data);
        entry.push(b'}');
    }
}

/// A message's own id and time, where they can be an entry's.
struct Own<'m> {
    id: Option<&'m [u8]>,
    time: Option<&'m [u8]>,
}

impl<'m> Own<'m> {
    /// Of exactly one object, in one walk.
    fn of(stored: &'m [u8]) -> Result<Self, PayloadError> {
        let stored = stored.trim_ascii();
        let mut own = Self { id: None, time: None };
        let walked = Walker::new().walk_object(stored, 0, |key, value| match text::unescape(key).as_deref() {
            Some("id") => own.id = Some(value),
            Some("timestamp") => own.time = Some(value),
            _ => {}
        });
        if walked.is_ok_and(|walked| walked.end == stored.len()) {
            own.id = own.id.filter(|id| text::string(id).is_some_and(|id| !id.is_empty()));
            own.time = own.time.filter(|time| nanoseconds(time).is_some());
            return Ok(own);
        }
        Err(PayloadError::NotAnObject)
    }
}

/// Exactly one object.
fn object(stored: &[u8]) -> Result<(), PayloadError> {
    let stored = stored.trim_ascii();
    match Walker::new().walk_object(stored, 0, |_, _| {}) {
        Ok(walked) if walked.end == stored.len() => Ok(()),
        _ => Err(PayloadError::NotAnObject),
    }
}

/// The `data` that says which side records are gone.
pub(in crate::dialect::jcode) fn drop_data(ids: &[impl AsRef<str>]) -> Vec<u8> {
    let mut data = br#"{"entries":["#.to_vec();
    for (at, id) in ids.iter().enumerate() {
        if at > 0 {
            data.push(b',');
        }
        write_string(&mut data, id.as_ref());
    }
    data.extend_from_slice(b"]}");
    data
}

/// The `data` of a rewind from a leaf.
pub(in crate::dialect::jcode) fn rewind_data(from: Option<&str>) -> Vec<u8> {
    let mut data = br#"{"from":"#.to_vec();
    match from {
        Some(from) => write_string(&mut data, from),
        None => data.extend_from_slice(b"null"),
    }
    data.push(b'}');
    data
}
