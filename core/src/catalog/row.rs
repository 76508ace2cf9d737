//! A row of the session index, packed into bytes.
//!
//! If you change a field of a packed type, then change its list here, increment `FORM`, and change section 9 of
//! `docs/format.md`.
//!
//! Owns: the packed form: one blob per row, because reading thirty columns of ten thousand rows would cost more than
//! everything else in a list.
//! Invariant: a blob with any changed byte, or packed for another path, does not unpack; the session is then read
//! again.

use super::refresh::Stamps;
use super::summary::SessionSummary;
use crate::log::Dialect;
use crate::source::identity::FileStamp;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasher;

/// A session, or another file with the name of one, and the stamps of its sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Path below its root, in the host's bytes.
    pub rel: Vec<u8>,
    /// Stamps of the files at the time of reading.
    pub stamps: Stamps,
    /// The summary; `None` for a file that is not a session. Boxed, because rows are moved by the ten thousand.
    pub summary: Option<Box<SessionSummary>>,
}

/// Changes with the packed form.
const FORM: u8 = 8;

/// Length of checksum, form, and length of the part before the texts.
const HEAD: usize = 8 + 1 + 4;

impl Row {
    /// The packed form, without the path.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut packer = Packer { fixed: alloc::vec![0; HEAD], text: Vec::new() };
        self.stamps.pack(&mut packer);
        self.summary.pack(&mut packer);
        let Packer { fixed: mut out, text } = packer;
        let len = u32::try_from(out.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&text);
        put(&mut out, 8, &[FORM]);
        put(&mut out, 9, &len.to_le_bytes());
        let sum = sum(&self.rel, out.get(8..).unwrap_or_default());
        put(&mut out, 0, &sum.to_le_bytes());
        out
    }

    /// Reads the packed form of the row with this path.
    #[must_use]
    pub fn unpack(rel: Vec<u8>, packed: &[u8]) -> Option<Self> {
        let (check, body) = packed.split_first_chunk()?;
        if u64::from_le_bytes(*check) != sum(&rel, body) {
            return None;
        }
        let (form, body) = body.split_first()?;
        let (len, body) = body.split_first_chunk()?;
        let fixed = usize::try_from(u32::from_le_bytes(*len)).ok()?.checked_sub(HEAD)?;
        let (fixed, text) = body.split_at_checked(fixed).filter(|_| *form == FORM)?;
        // All texts are checked as UTF-8 at once.
        let mut from = Unpacker { fixed, text: simdutf8::basic::from_utf8(text).ok()? };
        let (stamps, summary) = (Packed::unpack(&mut from)?, Packed::unpack(&mut from)?);
        (from.fixed.is_empty() && from.text.is_empty()).then_some(Self { rel, stamps, summary })
    }
}

fn put(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = out.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

/// Checksum of path and body. The cache is disposable, so the hash may change between versions.
fn sum(rel: &[u8], body: &[u8]) -> u64 {
    foldhash::fast::FixedState::with_seed(0x6A63_6F64).hash_one((rel, body))
}

/// Output: numbers and lengths in one buffer, texts in the other.
struct Packer {
    fixed: Vec<u8>,
    text: Vec<u8>,
}

/// The unread input.
struct Unpacker<'p> {
    fixed: &'p [u8],
    text: &'p str,
}

impl Unpacker<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.fixed.split_first_chunk()?;
        self.fixed = rest;
        Some(*bytes)
    }
}

/// A type with a packed form.
trait Packed: Sized {
    fn pack(&self, out: &mut Packer);
    fn unpack(from: &mut Unpacker<'_>) -> Option<Self>;
}

/// Packs structs field by field. Both directions follow from one list, and a missing field does not compile.
macro_rules! packed {
    ($($type:ident { $($field:ident),* $(,)? })*) => {$(
        impl Packed for $type {
            fn pack(&self, out: &mut Packer) {
                let Self { $($field),* } = self;
                $($field.pack(out);)*
            }

            fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
                Some(Self { $($field: Packed::unpack(from)?),* })
            }
        }
    )*};
}

packed! {
    FileStamp { dev, ino, len, mtime_ns, ctime_ns }
    Stamps { log, beside, sidecar, racy, lacking }
    SessionSummary {
        session_id, dialect, cwd, title, is_named, created_at, last_modified, listed_as_of, size_bytes, entry_count, message_count,
        user_messages, assistant_messages, tokens, tags, model, status, status_message, saved, save_label, parent_session, first_prompt, preview, active_leaf, is_debug, is_canary, short_name,
        provider, last_active_at, last_pid, updated_at, agent, is_sub_agent,
    }
}

macro_rules! packed_numbers {
    ($($type:ident)*) => {$(
        impl Packed for $type {
            fn pack(&self, out: &mut Packer) {
                out.fixed.extend_from_slice(&self.to_le_bytes());
            }

            fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
                from.take().map(Self::from_le_bytes)
            }
        }
    )*};
}

packed_numbers! { u8 u32 u64 i64 }

impl Packed for bool {
    fn pack(&self, out: &mut Packer) {
        u8::from(*self).pack(out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        match u8::unpack(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl<T: Packed> Packed for Option<T> {
    fn pack(&self, out: &mut Packer) {
        self.is_some().pack(out);
        if let Some(value) = self {
            value.pack(out);
        }
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        if bool::unpack(from)? { T::unpack(from).map(Some) } else { Some(None) }
    }
}

impl<T: Packed> Packed for Box<T> {
    fn pack(&self, out: &mut Packer) {
        T::pack(self, out);
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        T::unpack(from).map(Self::new)
    }
}

impl<T: Packed> Packed for Vec<T> {
    fn pack(&self, out: &mut Packer) {
        u32::try_from(self.len()).unwrap_or(u32::MAX).pack(out);
        self.iter().for_each(|value| value.pack(out));
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        (0..u32::unpack(from)?).map(|_| T::unpack(from)).collect()
    }
}

impl Packed for String {
    fn pack(&self, out: &mut Packer) {
        u32::try_from(self.len()).unwrap_or(u32::MAX).pack(out);
        out.text.extend_from_slice(self.as_bytes());
    }

    fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
        let (text, rest) = from.text.split_at_checked(usize::try_from(u32::unpack(from)?).ok()?)?;
        from.text = rest;
        Some(text.into())
    }
}

macro_rules! packed_names {
    ($type:ident { $($variant:ident = $byte:literal),* $(,)? }) => {
        impl Packed for $type {
            fn pack(&self, out: &mut Packer) {
                let byte: u8 = match self {
                    $(Self::$variant => $byte,)*
                };
                byte.pack(out);
            }

            fn unpack(from: &mut Unpacker<'_>) -> Option<Self> {
                match u8::unpack(from)? {
                    $($byte => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

packed_names! { Dialect {
    TreeV3 = 1, TreeV2 = 2, LinearV1 = 3, JcodeV1 = 4, ClaudeCode = 5, Codex = 6, Copilot = 7, Qwen = 8, Gemini = 9,
    Opencode = 10, Cursor = 11, Unknown = 12
} }
