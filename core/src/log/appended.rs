//! Appended entries as the sidecar needs them: place and fields, without payloads.
//!
//! Owns: their compact form: a few hundred bytes less than reading the line again, and no second walk over it.
//! Invariant: the fields are what a scan of the written line would give.
//! Does not: know rows; [`crate::index::catch_up::CatchUp::add`] takes these.

use crate::log::Fields;
use crate::log::tags;
use alloc::vec::Vec;

/// Fields that an index row is made of, in the order in which they are kept.
const KEPT: usize = 9;

/// Where one entry stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Of its line, from the start of the batch or, once that is written, of the log.
    offset: u64,
    /// Of its line without the LF.
    len: u64,
    /// End of each kept token in `text`.
    ends: [u32; KEPT],
    /// Which tokens there are.
    present: u16,
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
    /// The fields that an index needs, as they stand in the line.
    pub fields: Fields<'a>,
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

    /// Bytes of memory in use, about.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.text.len() + self.places.len() * size_of::<Place>()
    }

    /// Forgets all entries, keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.places.clear();
    }

    /// Adds an entry.
    pub fn push(&mut self, entry: &AppendedEntry<'_>) {
        let start = self.text.len();
        let mut ends = [0; KEPT];
        let mut present = 0;
        let f = &entry.fields;
        let tokens =
            [f.kind, f.id, f.parent_token(), f.timestamp, f.target, f.label, f.name, f.custom_type, f.data];
        // Labels and names are short everywhere else too: of other kinds these fields are not read.
        let is_label = f.kind == Some(b"\"label\"");
        let is_info = f.kind == Some(b"\"session_info\"");
        let plain = f.kind.is_some_and(|kind| !kind.contains(&b'\\'));
        let is_tags = tags::are_set_by(f);
        for (i, (token, end)) in tokens.into_iter().zip(&mut ends).enumerate() {
            let wanted = match i {
                0..4 => true,
                4..7 => !plain || (is_label && i < 6) || (is_info && i == 6),
                _ => is_tags,
            };
            if let Some(token) = token.filter(|_| wanted) {
                self.text.extend_from_slice(token);
                present |= 1 << i;
            }
            *end = u32::try_from(self.text.len() - start).unwrap_or(u32::MAX);
        }
        self.places.push(Place { offset: entry.offset, len: entry.len, ends, present });
    }

    /// Tells all entries that they stand `by` bytes further on.
    pub(crate) fn move_by(&mut self, by: u64) {
        self.places.iter_mut().for_each(|place| place.offset += by);
    }

    /// Adds all entries of `others`, `by` bytes further on.
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
            let fields = Fields {
                kind: token(0),
                id: token(1),
                parent: token(2),
                timestamp: token(3),
                target: token(4),
                label: token(5),
                name: token(6),
                custom_type: token(7),
                data: token(8),
                ..Fields::default()
            };
            at += place.ends.last().copied().unwrap_or_default() as usize;
            AppendedEntry { offset: place.offset, len: place.len, fields }
        })
    }
}
