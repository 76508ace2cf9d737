//! A row of the session index, as bytes.
//!
//! Owns: the packed form. One blob a row, because reading thirty columns of ten thousand rows costs more than
//! everything else that a list does.
//! Invariant: a blob that was changed in any byte, or made for another path, does not unpack; the session is then
//! read again. Does not: know SQL.

use super::refresh::Stamps;
use super::summary::SessionSummary;
use crate::log::Dialect;
use crate::source::identity::FileStamp;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use core::iter;

/// A session, or a file that only has the name of one, and what it was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Path below its root, as the host's bytes.
    pub rel: Vec<u8>,
    /// What the file system said when it was read.
    pub stamps: Stamps,
    /// The summary; `None` for a file that is no session. In a box, since rows are moved about by the ten thousand.
    pub summary: Option<Box<SessionSummary>>,
}

/// Changes with the packed form.
const FORM: u8 = 2;

impl Row {
    /// The packed form, without the path.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let mut out = Packer(alloc::vec![0; 8]);
        out.0.push(FORM);
        let s = &self.stamps;
        for n in [s.log.dev, s.log.ino, s.log.len, s.beside, s.sidecar] {
            out.int(n.cast_signed());
        }
        out.int(s.log.mtime_ns);
        out.int(s.log.ctime_ns);
        out.flags([s.racy, s.lacking, self.summary.is_some(), false]);
        if let Some(s) = &self.summary {
            out.0.push(s.dialect.map_or(0, number));
            out.flags([s.saved, s.is_debug, s.is_canary, s.listed_as_of.is_some()]);
            out.int(s.last_modified);
            s.listed_as_of.into_iter().for_each(|n| out.int(n));
            out.int(s.size_bytes.cast_signed());
            let counts = [s.entry_count, s.message_count].map(|n| n.map(u64::cast_signed));
            counts.into_iter().chain([s.created_at, s.last_active_at]).for_each(|n| out.maybe_int(n));
            let tags = s.tags.get(..usize::from(u8::MAX)).unwrap_or(&s.tags);
            out.0.push(u8::try_from(tags.len()).unwrap_or(u8::MAX));
            let others = texts(s).into_iter().map(Option::as_deref);
            out.texts(iter::once(Some(&*s.session_id)).chain(others).chain(tags.iter().map(|tag| Some(&**tag))));
        }
        let sum = sum(&self.rel, out.0.get(8..).unwrap_or_default());
        if let Some(place) = out.0.first_chunk_mut() {
            *place = sum.to_le_bytes();
        }
        out.0
    }

    /// Reads the packed form of the row with this path.
    #[must_use]
    pub fn unpack(rel: Vec<u8>, packed: &[u8]) -> Option<Self> {
        let (check, body) = packed.split_first_chunk()?;
        if u64::from_le_bytes(*check) != sum(&rel, body) {
            return None;
        }
        let mut from = Unpacker(body);
        if from.byte()? != FORM {
            return None;
        }
        let mut bits = || from.int().map(i64::cast_unsigned);
        let (dev, ino, len, beside, sidecar) = (bits()?, bits()?, bits()?, bits()?, bits()?);
        let (mtime_ns, ctime_ns) = (from.int()?, from.int()?);
        let log = FileStamp { dev, ino, len, mtime_ns, ctime_ns };
        let [racy, lacking, is_session, _] = from.flags()?;
        let stamps = Stamps { log, beside, sidecar, racy, lacking };
        let summary = if is_session { Some(from.summary()?) } else { None };
        Some(Self { rel, stamps, summary })
    }
}

/// Texts besides id and tags.
const OTHERS: usize = 11;

fn texts(s: &SessionSummary) -> [&Option<String>; OTHERS] {
    [
        &s.cwd,
        &s.title,
        &s.model,
        &s.status,
        &s.save_label,
        &s.parent_session,
        &s.first_prompt,
        &s.preview,
        &s.active_leaf,
        &s.short_name,
        &s.provider,
    ]
}

/// The cache may be thrown away, so the checksum need not outlive a version of the hash.
fn sum(rel: &[u8], body: &[u8]) -> u64 {
    foldhash::fast::FixedState::with_seed(0x6A63_6F64).hash_one((rel, body))
}

const fn number(dialect: Dialect) -> u8 {
    match dialect {
        Dialect::TreeV3 => 1,
        Dialect::TreeV2 => 2,
        Dialect::LinearV1 => 3,
        Dialect::JcodeV1 => 4,
    }
}

struct Packer(Vec<u8>);

impl Packer {
    fn int(&mut self, n: i64) {
        self.0.extend_from_slice(&n.to_le_bytes());
    }

    fn maybe_int(&mut self, n: Option<i64>) {
        self.0.push(u8::from(n.is_some()));
        if let Some(n) = n {
            self.int(n);
        }
    }

    fn flags(&mut self, flags: [bool; 4]) {
        self.0.push(flags.iter().rev().fold(0, |byte, &flag| byte << 1 | u8::from(flag)));
    }

    /// All lengths, then all bytes, so that these are judged as UTF-8 in one go; a text that is not there has a length
    /// that none has.
    fn texts<'t>(&mut self, texts: impl Iterator<Item = Option<&'t str>> + Clone) {
        for text in texts.clone() {
            let len = text.map_or(u32::MAX, |text| u32::try_from(text.len()).unwrap_or(u32::MAX));
            self.0.extend_from_slice(&len.to_le_bytes());
        }
        texts.flatten().for_each(|text| self.0.extend_from_slice(text.as_bytes()));
    }
}

struct Unpacker<'p>(&'p [u8]);

impl<'p> Unpacker<'p> {
    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn int(&mut self) -> Option<i64> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(i64::from_le_bytes(*bytes))
    }

    fn maybe_int(&mut self) -> Option<Option<i64>> {
        if self.byte()? == 0 { Some(None) } else { self.int().map(Some) }
    }

    fn flags(&mut self) -> Option<[bool; 4]> {
        let byte = self.byte()?;
        Some([0, 1, 2, 3].map(|bit| byte >> bit & 1 == 1))
    }

    /// So many texts: the rest.
    fn texts(self, count: usize) -> Option<Texts<'p>> {
        let (lens, text) = self.0.split_at_checked(count * 4)?;
        Some(Texts { lens, text: simdutf8::basic::from_utf8(text).ok()? })
    }

    fn summary(mut self) -> Option<Box<SessionSummary>> {
        let dialect = match self.byte()? {
            1 => Some(Dialect::TreeV3),
            2 => Some(Dialect::TreeV2),
            3 => Some(Dialect::LinearV1),
            4 => Some(Dialect::JcodeV1),
            _ => None,
        };
        let [saved, is_debug, is_canary, is_ahead] = self.flags()?;
        let last_modified = self.int()?;
        let listed_as_of = if is_ahead { Some(self.int()?) } else { None };
        let size_bytes = self.int()?.cast_unsigned();
        let count = |n: Option<i64>| n.map(i64::cast_unsigned);
        let (entry_count, message_count) = (count(self.maybe_int()?), count(self.maybe_int()?));
        let (created_at, last_active_at) = (self.maybe_int()?, self.maybe_int()?);
        let tag_count = usize::from(self.byte()?);
        let mut texts = self.texts(1 + OTHERS + tag_count)?;
        let mut next = || texts.next();
        let session_id = next()??;
        // In the order of `texts`.
        let (cwd, title, model, status, save_label, parent_session) =
            (next()?, next()?, next()?, next()?, next()?, next()?);
        let (first_prompt, preview, active_leaf, short_name, provider) = (next()?, next()?, next()?, next()?, next()?);
        let tags = (0..tag_count).map(|_| next().flatten()).collect::<Option<Vec<_>>>()?;
        if !texts.text.is_empty() {
            return None;
        }
        Some(Box::new(SessionSummary {
            session_id,
            dialect,
            cwd,
            title,
            created_at,
            last_modified,
            listed_as_of,
            size_bytes,
            entry_count,
            message_count,
            tags,
            model,
            status,
            saved,
            save_label,
            parent_session,
            first_prompt,
            preview,
            active_leaf,
            is_debug,
            is_canary,
            short_name,
            provider,
            last_active_at,
        }))
    }
}

/// Texts that are still to be taken.
struct Texts<'p> {
    lens: &'p [u8],
    text: &'p str,
}

impl Texts<'_> {
    fn next(&mut self) -> Option<Option<String>> {
        let (len, rest) = self.lens.split_first_chunk()?;
        self.lens = rest;
        let len = u32::from_le_bytes(*len);
        if len == u32::MAX {
            return Some(None);
        }
        let (text, rest) = self.text.split_at_checked(usize::try_from(len).ok()?)?;
        self.text = rest;
        Some(Some(text.into()))
    }
}
