//! Appended entries in the form that the sidecar needs: place and fields, without payloads.
//!
//! If an index reads a field of further kinds of entries, then change `read_of` here too, which drops fields that an
//! index does not read (see also [`crate::log::IndexedFields`]).
//!
//! Owns: the compact form, which saves reading and walking the line again.
//! Invariant: for the fields that an index reads, the tokens equal those of a scan of the written line.

use crate::log::fields::INDEXED;
use crate::log::{IndexedFields, Said, tags};
use alloc::vec::Vec;

/// Place of one entry.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Offset of its line: from the start of the batch, or of the log once the batch is written.
    offset: u64,
    /// Length of its line without the LF.
    len: u64,
    /// End of each kept token, from the start of the entry's tokens in `text`.
    ends: [u32; INDEXED],
    /// Bit set of the tokens that are present.
    present: u16,
    /// What its message says of itself.
    said: Said,
}

/// Entries that were appended together.
#[derive(Debug, Clone, Default)]
pub struct AppendedEntries {
    text: Vec<u8>,
    places: Vec<Place>,
}

/// One appended entry.
#[derive(Debug, Clone, Copy)]
pub struct AppendedEntry<'a> {
    /// Offset of its line.
    pub offset: u64,
    /// Length of its line without the LF.
    pub len: u64,
    /// The fields that an index reads, as raw tokens.
    pub fields: IndexedFields<'a>,
}

impl AppendedEntries {
    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// True if there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Approximate memory use in bytes.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.text.len() + self.places.len() * size_of::<Place>()
    }

    /// Removes all entries and keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.places.clear();
    }

    /// Removes all but the first `count` entries.
    pub(crate) fn truncate(&mut self, count: usize) {
        let tokens = |place: &Place| place.ends.last().copied().unwrap_or_default() as usize;
        let gone: usize = self.places.get(count..).unwrap_or_default().iter().map(tokens).sum();
        self.text.truncate(self.text.len().saturating_sub(gone));
        self.places.truncate(count);
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: &AppendedEntry<'_>) {
        let start = self.text.len();
        let mut ends = [0; INDEXED];
        let mut present = 0;
        for (i, (token, end)) in read_of(&entry.fields).tokens().into_iter().zip(&mut ends).enumerate() {
            if let Some(token) = token {
                self.text.extend_from_slice(token);
                present |= 1 << i;
            }
            *end = u32::try_from(self.text.len() - start).unwrap_or(u32::MAX);
        }
        self.places.push(Place { offset: entry.offset, len: entry.len, ends, present, said: entry.fields.said });
    }

    /// Adds `by` to the offsets of all entries.
    pub(crate) fn move_by(&mut self, by: u64) {
        self.places.iter_mut().for_each(|place| place.offset += by);
    }

    /// Adds all entries of `others`, with `by` added to their offsets.
    pub fn extend_moved(&mut self, others: &Self, by: u64) {
        self.text.extend_from_slice(&others.text);
        self.places.extend(others.places.iter().map(|place| Place { offset: place.offset + by, ..*place }));
    }

    /// The entries in log order.
    pub fn iter(&self) -> impl Iterator<Item = AppendedEntry<'_>> {
        let mut at = 0usize;
        self.places.iter().map(move |place| {
            let start = at;
            let token = |i: usize| {
                let from = i.checked_sub(1).and_then(|before| place.ends.get(before)).copied().unwrap_or_default();
                let to = place.ends.get(i).copied().unwrap_or_default();
                let there = place.present & (1 << i) != 0;
                self.text.get(start + from as usize..start + to as usize).filter(|_| there)
            };
            let fields = IndexedFields::of_tokens(core::array::from_fn(token), place.said);
            at += place.ends.last().copied().unwrap_or_default() as usize;
            AppendedEntry { offset: place.offset, len: place.len, fields }
        })
    }
}

/// The fields without those that an index reads only for other kinds of entries, because they may be long.
fn read_of<'a>(fields: &IndexedFields<'a>) -> IndexedFields<'a> {
    let IndexedFields { kind, id, parent, parent_snake, timestamp, target, label, name, custom_type, data, said } =
        *fields;
    let may_be = |plain: &[u8]| kind.is_some_and(|kind| kind == plain || kind.contains(&b'\\'));
    let (is_label, is_info) = (may_be(b"\"label\""), may_be(b"\"session_info\""));
    let sets_tags = tags::are_set_by(fields);
    IndexedFields {
        kind,
        id,
        parent,
        parent_snake: parent_snake.filter(|_| parent.is_none()),
        timestamp,
        target: target.filter(|_| is_label),
        label: label.filter(|_| is_label),
        name: name.filter(|_| is_info),
        custom_type: custom_type.filter(|_| sets_tags),
        data: data.filter(|_| sets_tags),
        said,
    }
}
