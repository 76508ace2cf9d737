//! Splices: changes to the text of one record, which add, replace or remove fields and keep all other bytes.
//!
//! Owns: the positions of tokens in a record, and the order of changes.
//! Invariant: the result is valid JSON if the record was, and differs from it only in the changes.

use crate::json::text::write_string;
use crate::json::walk::Walker;
use crate::source::{ByteSource, Rope, SliceSource};
use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::ops::Range;

/// Changes to one record.
#[derive(Debug)]
pub(crate) struct Splice<'a> {
    record: &'a [u8],
    /// Ranges of the record with their new text, in any order, without overlaps.
    changes: Vec<(Range<usize>, Vec<u8>)>,
}

impl<'a> Splice<'a> {
    pub(crate) const fn new(record: &'a [u8]) -> Self {
        Self { record, changes: Vec::new() }
    }

    /// True if there are no changes.
    pub(crate) const fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Inserts `"key":value` behind the field with the value `anchor`, or first in the object without an anchor.
    pub(crate) fn insert_behind(&mut self, anchor: Option<&[u8]>, fields: &[(&str, &[u8])]) {
        if fields.is_empty() {
            return;
        }
        let behind = anchor.and_then(|anchor| self.range(anchor)).map(|range| range.end);
        let mut text = Vec::new();
        let at = match behind {
            Some(end) => {
                for (key, value) in fields {
                    text.push(b',');
                    write_field(&mut text, key, value);
                }
                end
            }
            None => {
                for (i, (key, value)) in fields.iter().enumerate() {
                    if i > 0 {
                        text.push(b',');
                    }
                    write_field(&mut text, key, value);
                }
                let open = self.record.iter().position(|&b| b == b'{').unwrap_or_default() + 1;
                let rest = self.record.get(open..).unwrap_or_default();
                if rest.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'}') {
                    text.push(b',');
                }
                open
            }
        };
        self.changes.push((at..at, text));
    }

    /// Replaces a token, which must be a slice of the record.
    pub(crate) fn replace(&mut self, token: &[u8], with: &[u8]) {
        if let Some(range) = self.range(token) {
            self.changes.push((range, with.to_vec()));
        }
    }

    /// Replaces the field with the value `value` by another field, or removes it with one comma.
    pub(crate) fn replace_field(&mut self, value: &[u8], with: Option<(&str, &[u8])>) {
        let Some(range) = self.range(value) else { return };
        let Some(key_start) = self.key_start(range.start) else { return };
        let mut text = Vec::new();
        if let Some((key, value)) = with {
            write_field(&mut text, key, value);
            self.changes.push((key_start..range.end, text));
            return;
        }
        let before = self.record.get(..key_start).unwrap_or_default();
        let comma_before =
            before.iter().rposition(|b| !b.is_ascii_whitespace()).filter(|&at| before.get(at) == Some(&b','));
        let after = self.record.get(range.end..).unwrap_or_default();
        let comma_after =
            after.iter().position(|b| !b.is_ascii_whitespace()).filter(|&at| after.get(at) == Some(&b','));
        let cut = match (comma_before, comma_after) {
            (Some(comma), _) => comma..range.end,
            (None, Some(comma)) => key_start..range.end + comma + 1,
            (None, None) => key_start..range.end,
        };
        self.changes.push((cut, text));
    }

    /// The changed record.
    pub(crate) fn into_bytes(mut self) -> Vec<u8> {
        self.sort();
        let mut bytes = Vec::with_capacity(self.record.len());
        let mut at = 0;
        for (range, text) in &self.changes {
            bytes.extend_from_slice(self.record.get(at..range.start).unwrap_or_default());
            bytes.extend_from_slice(text);
            at = range.end;
        }
        bytes.extend_from_slice(self.record.get(at..).unwrap_or_default());
        bytes
    }

    fn sort(&mut self) {
        self.changes.sort_by_key(|(range, _)| (range.start, range.end));
    }

    /// Appends the changed record to a rope; `offset` is the record's offset in original 0.
    pub(crate) fn apply<S>(mut self, rope: &mut Rope<S>, offset: u64) {
        self.sort();
        let mut at = offset;
        for (range, text) in &self.changes {
            rope.push_original(0, at, offset + range.start as u64);
            rope.push_new(text);
            at = offset + range.end as u64;
        }
        rope.push_original(0, at, offset + self.record.len() as u64);
    }

    /// The changed record.
    fn text(self) -> Vec<u8> {
        let record = self.record;
        let mut rope: Rope<()> = Rope::new(Vec::new());
        self.apply(&mut rope, 0);
        let rope = rope.over(alloc::vec![SliceSource(record)]);
        rope.read_vec(0, usize::try_from(rope.len()).unwrap_or_default()).unwrap_or_else(|_| record.to_vec())
    }

    /// The position of a token, which must be a slice of the record.
    fn range(&self, token: &[u8]) -> Option<Range<usize>> {
        let start = (token.as_ptr() as usize).checked_sub(self.record.as_ptr() as usize)?;
        let end = start.checked_add(token.len())?;
        (end <= self.record.len()).then_some(start..end)
    }

    /// Start of the key, with its quote, of the field whose value starts at `value_start`.
    fn key_start(&self, value_start: usize) -> Option<usize> {
        let before = self.record.get(..value_start)?;
        let colon =
            before.iter().rposition(|b| !b.is_ascii_whitespace()).filter(|&at| before.get(at) == Some(&b':'))?;
        let before = before.get(..colon)?;
        let close = before.iter().rposition(|&b| b == b'"')?;
        // The keys that are replaced contain no quotes, so the next quote to the left opens the key.
        before.get(..close)?.iter().rposition(|&b| b == b'"')
    }
}

fn write_field(out: &mut Vec<u8>, key: &str, value: &[u8]) {
    write_string(out, key);
    out.push(b':');
    out.extend_from_slice(value);
}

/// The entry with this id instead of a missing or unusable one.
#[must_use]
pub fn with_id(entry: &[u8], id: &str) -> Vec<u8> {
    let mut value = Vec::new();
    write_string(&mut value, id);
    let mut splice = Splice::new(entry);
    match field(entry, "id") {
        Some(token) => splice.replace(token, &value),
        None => splice.insert_behind(field(entry, "type"), &[("id", &value)]),
    }
    splice.text()
}

/// The entry without `batch`, for a place where the entries behind it are not those it was saved with.
#[must_use]
pub fn without_batch(entry: &[u8]) -> Cow<'_, [u8]> {
    let mut entry = Cow::Borrowed(entry);
    // If a key is repeated, removing the last one would leave the one before in force.
    while let Some(token) = field(&entry, "batch") {
        let mut splice = Splice::new(&entry);
        splice.replace_field(token, None);
        if splice.is_empty() {
            break;
        }
        entry = Cow::Owned(splice.text());
    }
    entry
}

/// The raw value of a depth-1 field of `object`; the last one of a repeated key.
#[must_use]
pub fn field<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let start = object.iter().position(|&b| b == b'{')?;
    let mut found = None;
    let walked = Walker::new().walk_object(object, start, |key, value| {
        let decoded = crate::json::text::unescape(key);
        if decoded.as_deref() == Some(name) {
            found = Some(value);
        }
    });
    walked.ok().and(found)
}
