//! The entry maker: makes a line of the log from a caller's JSON object.
//!
//! Owns: what is refused, and what is filled in (`id`, `parentId`, `timestamp`, in pi's order behind `type`).
//! Invariant: the bytes of the caller's fields are kept, with two exceptions: line breaks between tokens are removed,
//! and so is a number under `batch`, which only the writer sets.
//! Does not: remember earlier entries; its caller knows which ids are taken.

use crate::dialect::without_batch;
use crate::json::Fault;
use crate::json::text::{integer, is_null, write_string};
use crate::json::walk::Walker;
use crate::log::{AppendedEntry, Fields, IndexedFields, MAX_BATCH, MAX_BATCH_BYTES, id_of, is_number};
use crate::source::SourceError;
use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

/// The host's clock and its source of ids.
pub trait Stamps {
    /// The current time, Unix milliseconds.
    fn now_ms(&mut self) -> i64;
    /// A new unique id that sorts behind all earlier ones.
    fn new_id(&mut self) -> String;
}

/// The parent of an entry that names none itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Parent<'a> {
    /// The last entry of the log.
    #[default]
    Leaf,
    /// The entry with this id.
    Id(&'a str),
    /// No parent: the entry becomes a root.
    Root,
}

/// Why an entry was refused. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The text is not one JSON object.
    #[error("not one JSON object: byte {at} cannot stand there")]
    NotAnObject {
        /// Position in the caller's text.
        at: usize,
    },
    /// The object is incomplete.
    #[error("not one JSON object: it ends early, at byte {len}")]
    Incomplete {
        /// Length of the text in bytes.
        len: usize,
    },
    /// The text is not UTF-8.
    #[error("not UTF-8 at byte {at}")]
    NotUtf8 {
        /// Position in the caller's text.
        at: usize,
    },
    /// The object has no type.
    #[error("has no `type`")]
    NoType,
    /// The object is a header.
    #[error("type `session` is the header's; an entry needs another type")]
    IsHeader,
    /// The id is not a string, or it is empty.
    #[error("its `id` is not a text that can be an id; leave the field out to have one made")]
    BadId,
    /// The id is taken.
    #[error("id `{0}` is taken")]
    TakenId(String),
    /// The parent is neither an id nor null.
    #[error("its `parentId` is neither an id nor null")]
    BadParent,
    /// The timestamp is not a time.
    #[error("its `timestamp` is no time; leave the field out to have it filled in")]
    BadTimestamp,
    /// The log has no entry with the parent's id.
    #[error("parent `{0}` is not in the log")]
    UnknownParent(String),
    /// An entry of a batch was refused, and therefore the whole batch.
    #[error("entry {at} of the batch: {why}")]
    InBatch {
        /// Position in the batch, from 0.
        at: usize,
        /// The reason.
        why: Box<Refusal>,
    },
    /// The batch is empty or has too many entries.
    #[error("a batch has 1 to {MAX_BATCH} entries, not {0}")]
    BatchCount(usize),
    /// The batch has too many bytes.
    #[error("a batch has {} MiB at most; append its entries in several", MAX_BATCH_BYTES >> 20)]
    BatchTooLong,
    /// The log could not be read to look an id up.
    #[error("cannot look an id up: {0}")]
    Search(SourceError),
}

/// A caller's object, without line breaks.
#[derive(Debug)]
pub(super) struct Draft<'a> {
    text: Cow<'a, [u8]>,
}

/// A draft with its fields, after the checks.
pub(super) struct Seen<'t> {
    text: &'t [u8],
    fields: Fields<'t>,
}

/// Values for fields that the caller left out.
pub(super) struct Filled<'v> {
    pub id: &'v str,
    pub parent: Option<&'v str>,
    /// The log has the parent's id as a number, so `parentId` is written as a number.
    pub parent_is_number: bool,
    /// Number of entries in the batch that this entry begins.
    pub batch: Option<u64>,
    pub timestamp: &'v str,
}

impl<'a> Draft<'a> {
    /// Takes a caller's text and removes the line breaks between its tokens.
    pub(super) fn new(text: &'a [u8]) -> Result<Self, Refusal> {
        // The quicker check does not say where.
        if simdutf8::basic::from_utf8(text).is_err()
            && let Err(error) = core::str::from_utf8(text)
        {
            return Err(Refusal::NotUtf8 { at: error.valid_up_to() });
        }
        // The grammar forbids line breaks inside strings, so each one stands between tokens.
        let text = match memchr::memchr2(b'\n', b'\r', text.trim_ascii()) {
            None => Cow::Borrowed(text.trim_ascii()),
            Some(_) => {
                check(&mut Walker::new(), text.trim_ascii())?;
                Cow::Owned(text.trim_ascii().iter().copied().filter(|b| !matches!(b, b'\n' | b'\r')).collect())
            }
        };
        Ok(Self { text })
    }

    /// The same entry without a number under `batch`.
    pub(super) fn without_batch(&self) -> Draft<'_> {
        Draft { text: without_batch(&self.text) }
    }

    /// Checks grammar, type, id, parent and time. Numbers are refused as ids here, although readers accept them.
    pub(super) fn read(&self, walker: &mut Walker) -> Result<Seen<'_>, Refusal> {
        let fields = check(walker, &self.text)?;
        if fields.kind_text().is_empty() {
            return Err(Refusal::NoType);
        }
        if fields.is_session() {
            return Err(Refusal::IsHeader);
        }
        let is_text_id = |token| !is_number(token) && id_of(token).is_some();
        if !fields.id.is_none_or(is_text_id) {
            return Err(Refusal::BadId);
        }
        if !fields.parent_token().is_none_or(|token| is_null(token) || is_text_id(token)) {
            return Err(Refusal::BadParent);
        }
        if fields.timestamp.is_some() && fields.time().is_none() {
            return Err(Refusal::BadTimestamp);
        }
        Ok(Seen { text: &self.text, fields })
    }
}

fn check<'t>(walker: &mut Walker, text: &'t [u8]) -> Result<Fields<'t>, Refusal> {
    match Fields::read(walker, text, 0) {
        Ok((fields, walked)) if walked.end == text.len() => Ok(fields),
        Ok((_, walked)) => Err(Refusal::NotAnObject { at: walked.end }),
        Err(Fault::Invalid(at)) => Err(Refusal::NotAnObject { at }),
        Err(Fault::Ended) => Err(Refusal::Incomplete { len: text.len() }),
    }
}

impl<'t> Seen<'t> {
    /// The caller's id.
    pub(super) fn id(&self) -> Option<Cow<'t, str>> {
        self.fields.usable_id()
    }

    /// The parent in the caller's object: absent, null, or an id.
    pub(super) fn parent(&self) -> Option<Option<Cow<'t, str>>> {
        self.fields.parent_token().map(|_| self.fields.parent_text())
    }

    /// True if the caller's object has a number under `batch`.
    pub(super) fn begins_batch(&self) -> bool {
        self.fields.batch.and_then(integer).is_some()
    }

    /// True if the caller gave a time.
    pub(super) fn has_timestamp(&self) -> bool {
        self.fields.timestamp.is_some()
    }

    /// Appends the line, without LF, to `out`, and passes its place and fields to `entry`; the offset counts from the
    /// start of `out`.
    pub(super) fn write(&self, filled: &Filled<'_>, out: &mut Vec<u8>, entry: impl FnOnce(&AppendedEntry<'_>)) {
        let start = out.len();
        let f = &self.fields;
        let after_type = f.kind.map_or(1, |token| self.end_of(token));
        let after_id = f.id.map_or(after_type, |token| self.end_of(token));
        let after_parent = f.parent_token().map_or(after_id, |token| self.end_of(token));
        let mut made = Made::default();
        let count = filled.batch.map(|count| alloc::format!("{count}"));
        // Inserts at the same place keep this order; the sort below orders the places.
        let inserts = [
            (after_type, f.id.is_none(), "id", Some(filled.id)),
            (after_id, f.parent_token().is_none(), "parentId", filled.parent),
            (after_parent, f.timestamp.is_none(), "timestamp", Some(filled.timestamp)),
            (after_parent, count.is_some(), "batch", count.as_deref()),
        ];
        let mut at = 0;
        let mut order = [0, 1, 2, 3];
        order.sort_by_key(|&i: &usize| inserts.get(i).map_or(0, |insert| insert.0));
        for i in order {
            let Some(&(place, wanted, key, value)) = inserts.get(i) else { continue };
            if !wanted {
                continue;
            }
            out.extend_from_slice(self.text.get(at..place).unwrap_or_default());
            at = place;
            out.push(b',');
            write_string(out, key);
            out.push(b':');
            let from = out.len();
            match value {
                Some(count) if key == "batch" => out.extend_from_slice(count.as_bytes()),
                Some(number) if key == "parentId" && filled.parent_is_number => {
                    out.extend_from_slice(number.as_bytes())
                }
                Some(value) => write_string(out, value),
                None => out.extend_from_slice(b"null"),
            }
            made.set(i, from..out.len());
        }
        out.extend_from_slice(self.text.get(at..).unwrap_or_default());
        let token = |i: usize, own: Option<&'t [u8]>| own.map(Token::Own).or_else(|| made.get(i).map(Token::Made));
        let line: &[u8] = out;
        let bytes = |token: Option<Token<'t>>| match token {
            Some(Token::Own(bytes)) => Some(bytes),
            Some(Token::Made(range)) => line.get(range),
            None => None,
        };
        let (id, parent, timestamp) = (token(0, f.id), token(1, f.parent_token()), token(2, f.timestamp));
        let (id, parent, timestamp) = (bytes(id), bytes(parent), bytes(timestamp));
        let fields = IndexedFields { id, parent, timestamp, ..f.indexed };
        entry(&AppendedEntry { offset: start as u64, len: (line.len() - start) as u64, fields });
    }

    /// Position behind a token; the token must be a slice of the text.
    fn end_of(&self, token: &[u8]) -> usize {
        let start = (token.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        (start + token.len()).min(self.text.len())
    }
}

enum Token<'t> {
    Own(&'t [u8]),
    Made(core::ops::Range<usize>),
}

/// Positions of the filled-in values in the line.
#[derive(Default)]
struct Made([Option<(usize, usize)>; 4]);

impl Made {
    fn set(&mut self, i: usize, range: core::ops::Range<usize>) {
        if let Some(slot) = self.0.get_mut(i) {
            *slot = Some((range.start, range.end));
        }
    }

    fn get(&self, i: usize) -> Option<core::ops::Range<usize>> {
        self.0.get(i).copied().flatten().map(|(start, end)| start..end)
    }
}
