//! The new log: the header, then every record that can be read, a line each.
//!
//! Owns: what is changed in a record, and that nothing else is: a repeated or missing id becomes a new one, a parent
//! that is missing, leads in a circle or was renamed becomes what readers took for it, bytes that are no UTF-8 and
//! halves of surrogate pairs become U+FFFD.
//! Invariant: entries keep their order. Does not: invent parents; an entry whose parent is lost stays a root.

use super::StoreError;
use crate::dialect::ids::IdMaker;
use crate::dialect::splice::Splice;
use crate::index::{Built, IndexBuilder};
use crate::json::text::write_string;
use crate::log::{Damage, DamageCode, Fields, LineReader, LogScan, LogSink, Outcome, Record, scan_source, scan_until};
use crate::source::{ByteSource, Rope, SliceSource, SourceError};
use crate::storage::{StorageError, StorageFile, append_all};
use crate::write::NewHeader;
use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::ops::ControlFlow;

/// Bytes that are written at once.
const BUFFER: usize = 1 << 20;

/// Writes the new log to `out`; the digest of its bytes.
pub(super) fn rewrite<F: StorageFile>(
    log: &dyn ByteSource,
    stem: &str,
    now_ms: i64,
    out: &mut F,
) -> Result<blake3::Hash, StoreError> {
    let mut builder = IndexBuilder::new(());
    let tick = &mut |_| ControlFlow::Continue(());
    scan_source(log, 0..log.len(), LogScan::new(), &mut builder, tick)?;
    let built = builder.finish();
    let session_id = built.header.as_ref().and_then(|header| header.session_id.clone());
    let taken = (0..built.entry_count()).map(|seq| built.key(seq)).collect();
    let mut lines = Lines {
        ids: IdMaker::new(session_id.as_deref().unwrap_or(stem), taken),
        new_ids: BTreeMap::new(),
        built,
        seq: 0,
        bad_utf8: false,
        buffer: Vec::new(),
        hasher: blake3::Hasher::new(),
        out,
    };
    lines.name_entries(log)?;
    if lines.built.header.is_none() {
        let header = NewHeader {
            session_id: stem,
            now_ms: lines.built.counts.last_entry_at.unwrap_or(now_ms),
            cwd: "",
            parent_session: None,
        };
        lines.line(&header.line().unwrap_or_default())?;
    }
    if let ControlFlow::Break(error) = scan_until(log, 0..log.len(), LogScan::full(), &mut lines, tick)? {
        return Err(error.into());
    }
    lines.write_out()?;
    Ok(lines.hasher.finalize())
}

struct Lines<'o, F> {
    built: Built<()>,
    ids: IdMaker,
    /// Ids of entries whose own is missing or taken.
    new_ids: BTreeMap<u32, String>,
    seq: u32,
    /// The record that comes next is not UTF-8.
    bad_utf8: bool,
    buffer: Vec<u8>,
    hasher: blake3::Hasher,
    out: &'o mut F,
}

impl<F: StorageFile> Lines<'_, F> {
    /// Finds the entries that need a new id, before the first that may name one as its parent.
    fn name_entries(&mut self, log: &dyn ByteSource) -> Result<(), SourceError> {
        let mut survey = Survey { built: &self.built, seq: 0, nameless: Vec::new() };
        scan_source(log, 0..log.len(), LogScan::new(), &mut survey, &mut |_| ControlFlow::Continue(()))?;
        for seq in survey.nameless {
            let id = self.ids.id(u64::from(seq));
            self.ids.take(id.clone());
            self.new_ids.insert(seq, id);
        }
        Ok(())
    }

    fn id_of(&self, seq: u32) -> String {
        self.new_ids.get(&seq).cloned().unwrap_or_else(|| self.built.key(seq))
    }

    fn line(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.buffer.extend_from_slice(bytes.trim_ascii());
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER { self.write_out() } else { Ok(()) }
    }

    fn write_out(&mut self) -> Result<(), StorageError> {
        self.hasher.update(&self.buffer);
        append_all(self.out, &self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// The text of a record, with what is no text replaced.
    fn text<'r>(&mut self, record: &Record<'r>) -> Cow<'r, [u8]> {
        let mut bytes = Cow::Borrowed(record.bytes);
        if core::mem::take(&mut self.bad_utf8) {
            bytes = Cow::Owned(String::from_utf8_lossy(record.bytes).into_owned().into_bytes());
        }
        if record.lone_surrogate {
            bytes = Cow::Owned(whole_pairs(&bytes));
        }
        bytes
    }

    /// The record with the id and parent that readers know it by.
    fn linked<'r>(&self, bytes: &'r [u8], fields: &Fields<'r>, seq: u32) -> Cow<'r, [u8]> {
        let id = self.id_of(seq);
        let parent = self.built.parent(seq).map(|parent| self.id_of(parent));
        let (id_json, parent_json) = (json(Some(&id)), json(parent.as_deref()));
        let mut splice = Splice::new(bytes);
        let mut missing: Vec<(&str, &[u8])> = Vec::new();
        let mut changed = false;
        if fields.usable_id().as_deref() != Some(id.as_str()) {
            changed = true;
            match fields.id {
                Some(token) => splice.replace(token, &id_json),
                None => missing.push(("id", &id_json)),
            }
        }
        if fields.parent_text().as_deref() != parent.as_deref() {
            changed = true;
            match fields.parent.or(fields.parent_snake) {
                Some(token) => splice.replace(token, &parent_json),
                None => missing.push(("parentId", &parent_json)),
            }
        }
        if !changed {
            return Cow::Borrowed(bytes);
        }
        splice.insert_behind(fields.kind, &missing);
        let mut rope: Rope<()> = Rope::new(Vec::new());
        splice.apply(&mut rope, 0);
        let rope = rope.over(alloc::vec![SliceSource(bytes)]);
        let len = usize::try_from(rope.len()).unwrap_or_default();
        rope.read_vec(0, len).map_or(Cow::Borrowed(bytes), Cow::Owned)
    }
}

impl<F: StorageFile> LogSink for Lines<'_, F> {
    type Break = StorageError;

    fn header(&mut self, header: &Record<'_>) -> ControlFlow<Self::Break> {
        let text = self.text(header);
        self.line(&text).map_or_else(ControlFlow::Break, ControlFlow::Continue)
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<Self::Break> {
        let seq = self.seq;
        self.seq += 1;
        let text = self.text(entry);
        let line = match LineReader::new().read(0, 1, &text, false) {
            Outcome::Whole(record) => self.linked(&text, &record.fields, seq),
            Outcome::Blank | Outcome::Broken(_) => Cow::Borrowed(&*text),
        };
        let line = line.into_owned();
        self.line(&line).map_or_else(ControlFlow::Break, ControlFlow::Continue)
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<Self::Break> {
        // Comes just before the record that it is about.
        self.bad_utf8 |= damage.code == DamageCode::InvalidUtf8;
        ControlFlow::Continue(())
    }
}

/// Which entries are known by a made key.
struct Survey<'b> {
    built: &'b Built<()>,
    seq: u32,
    nameless: Vec<u32>,
}

impl LogSink for Survey<'_> {
    type Break = Infallible;

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<Infallible> {
        if entry.fields.usable_id().as_deref() != Some(self.built.key(self.seq).as_str()) {
            self.nameless.push(self.seq);
        }
        self.seq += 1;
        ControlFlow::Continue(())
    }
}

fn json(text: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    match text {
        Some(text) => write_string(&mut out, text),
        None => out.extend_from_slice(b"null"),
    }
    out
}

/// JSON text in which each `\u` escape of half a surrogate pair is `\ufffd`.
fn whole_pairs(text: &[u8]) -> Vec<u8> {
    let escape = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
    };
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let take = match (byte, escape(at)) {
            (b'\\', Some(0xD800..=0xDBFF)) if matches!(escape(at + 6), Some(0xDC00..=0xDFFF)) => 12,
            (b'\\', Some(0xD800..=0xDFFF)) => {
                out.extend_from_slice(b"\\ufffd");
                at += 6;
                continue;
            }
            (b'\\', Some(_)) => 6,
            (b'\\', None) => 2,
            _ => 1,
        };
        out.extend_from_slice(text.get(at..(at + take).min(text.len())).unwrap_or_default());
        at += take;
    }
    out
}
