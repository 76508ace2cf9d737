//! Edits: `context_edit` entries, which replace the content of earlier entries on a path.
//!
//! Owns: which edit of an entry holds, and the entry's edited line.
//! Invariant: the last edit of an entry on the path holds; the log's own lines do not change.

use super::splice::{Splice, field};
use crate::json::text;
use crate::log::{LineReader, Outcome, Record};
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use memchr::memmem;

/// The edits that hold on a path, or on the pages of it that were read.
///
/// An edit stands behind its target. So the edits on a page that ends in the leaf are complete for that page, and
/// [`Edits::put_before`] completes them for each page before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    by_target: BTreeMap<String, Edit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    id: String,
    /// The new content as JSON; `None` leaves the entry out of the context.
    content: Option<Vec<u8>>,
}

/// A line after its edits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edited<'a> {
    /// Not edited.
    No,
    /// Its content was replaced.
    Replaced {
        /// The edit's id.
        by: &'a str,
        /// The line with the new content.
        line: Vec<u8>,
    },
    /// The entry is left out of the model's context.
    LeftOut {
        /// The edit's id.
        by: &'a str,
    },
}

impl Edits {
    /// The edits among the lines of a path, given in path order.
    pub fn of<'l>(lines: impl IntoIterator<Item = &'l [u8]>) -> Self {
        let mut edits = Self::default();
        lines.into_iter().for_each(|line| edits.read(line));
        edits
    }

    /// Reads the next line of the path.
    pub fn read(&mut self, line: &[u8]) {
        let named = memmem::find(line, b"context_edit").is_some() || memmem::find(line, b"\\u").is_some();
        if named && let Some((target, edit)) = with_record(line, edit).flatten() {
            self.by_target.insert(target, edit);
        }
    }

    /// Adds the edits of earlier lines; edits already read take precedence.
    pub fn put_before(&mut self, earlier: Self) {
        for (target, edit) in earlier.by_target {
            self.by_target.entry(target).or_insert(edit);
        }
    }

    /// The edited entries, each with the content that holds; none of those that are left out.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        self.by_target.iter().map(|(target, edit)| (target.as_str(), edit.content.as_deref()))
    }

    /// Forgets the edits of all other targets than these.
    pub fn retain(&mut self, mut keep: impl FnMut(&str) -> bool) {
        self.by_target.retain(|target, _| keep(target));
    }

    /// Notes an edit that was made.
    pub fn put(&mut self, target: &str, id: &str, content: Option<&[u8]>) {
        let edit = Edit { id: id.into(), content: content.map(<[u8]>::to_vec) };
        self.by_target.insert(target.into(), edit);
    }

    /// True if nothing is edited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_target.is_empty()
    }

    /// Applies the edits to a line of the path.
    #[must_use]
    pub fn apply(&self, line: &[u8]) -> Edited<'_> {
        if self.is_empty() {
            return Edited::No;
        }
        let edited = with_record(line, |record| {
            let edit = self.by_target.get(&*record.fields.usable_id()?)?;
            let place = Place::of(record)?;
            Some(match &edit.content {
                None => Edited::LeftOut { by: &edit.id },
                Some(content) => Edited::Replaced { by: &edit.id, line: place.with(record, content)? },
            })
        });
        edited.flatten().unwrap_or(Edited::No)
    }

    /// The message of the entry with this id as its edit leaves it; `None` if it is left out.
    pub(crate) fn message<'m>(&self, id: &str, message: &'m [u8]) -> Option<Cow<'m, [u8]>> {
        match self.by_target.get(id) {
            None => Some(Cow::Borrowed(message)),
            Some(edit) => {
                let edited = with_content(message, edit.content.as_ref()?);
                Some(edited.map_or(Cow::Borrowed(message), Cow::Owned))
            }
        }
    }

    /// True if the entry with this id is left out.
    pub(crate) fn leaves_out(&self, id: &str) -> bool {
        self.by_target.get(id).is_some_and(|edit| edit.content.is_none())
    }

    /// True if the edit with this id holds for its target.
    #[must_use]
    pub fn holds(&self, target: &str, id: &str) -> bool {
        self.by_target.get(target).is_some_and(|edit| edit.id == id)
    }
}

/// Where an entry that can be edited holds its content.
enum Place<'a> {
    /// In the entry itself.
    Entry,
    /// In its message.
    Message(&'a [u8]),
}

impl<'a> Place<'a> {
    /// As in pi, every message can be left out; only messages that models see unchanged can get new content.
    fn of(record: &Record<'a>) -> Option<Self> {
        match &*record.fields.kind_text() {
            "custom_message" => Some(Self::Entry),
            "message" => record.fields.message.map(Self::Message),
            _ => None,
        }
    }

    /// The record with new content.
    fn with(&self, record: &Record<'_>, content: &[u8]) -> Option<Vec<u8>> {
        match *self {
            Self::Entry => Some(put(record.bytes, content)),
            Self::Message(message) => {
                let mut splice = Splice::new(record.bytes);
                splice.replace(message, &with_content(message, content)?);
                Some(splice.into_bytes())
            }
        }
    }
}

/// A message with other content, if its role has content of its own.
fn with_content(message: &[u8], content: &[u8]) -> Option<Vec<u8>> {
    let role = field(message, "role").and_then(text::string)?;
    matches!(&*role, "user" | "assistant" | "toolResult" | "custom").then(|| put(message, content))
}

/// An object with other content.
fn put(object: &[u8], content: &[u8]) -> Vec<u8> {
    let mut splice = Splice::new(object);
    match field(object, "content") {
        Some(token) => splice.replace(token, content),
        None => splice.insert_behind(None, &[("content", content)]),
    }
    splice.into_bytes()
}

/// The target and the edit in a record; `None` if it is no edit.
fn edit(record: &Record<'_>) -> Option<(String, Edit)> {
    if record.fields.kind_text() != "context_edit" {
        return None;
    }
    let target = record.fields.target.and_then(text::string)?;
    let content = match field(record.bytes, "replacement")? {
        b"null" => None,
        object @ [b'{', ..] => Some(field(object, "content")?.to_vec()),
        _ => return None,
    };
    let id = record.fields.usable_id().map(Cow::into_owned).unwrap_or_default();
    Some((target.into_owned(), Edit { id, content }))
}

fn with_record<T>(line: &[u8], read: impl FnOnce(&Record<'_>) -> T) -> Option<T> {
    match LineReader::new().read(0, 0, line, false) {
        Outcome::Whole(record) => Some(read(&record)),
        _ => None,
    }
}
