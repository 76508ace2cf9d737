//! The rewriting of a repair: writes the header, then each readable record on a line of its own.
//!
//! If you change what a repair changes, then change section 7.5 of `docs/format.md` too.
//!
//! Owns: the changes to a record, and that there are no others. A repeated, missing or unusable id becomes a new one. A
//! parent that is missing, unusable, in a cycle or renamed becomes the one that readers showed. An unusable time
//! becomes null. Invalid UTF-8 and halves of surrogate pairs become U+FFFD. An entry that begins an incomplete batch
//! loses its `batch`.
//! Invariant: entries keep their order. No parent is invented: an entry whose parent is lost stays a root.

use super::StoreError;
use crate::dialect::ids::IdMaker;
use crate::dialect::splice::Splice;
use crate::index::{Built, IndexBuilder};
use crate::json::text::{is_null, write_string};
use crate::log::{
    BadField, Damage, DamageCode, Fields, LineReader, LogScan, LogSink, Outcome, Record, begun_by, id_of, is_number,
    scan_source,
};
use crate::source::{ByteSource, Rope, SliceSource, SourceError, Tick};
use crate::storage::{StorageError, StorageFile, append_all};
use crate::write::NewHeader;
use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Bytes per write.
const BUFFER: usize = 1 << 20;

/// Writes the new log to `out`; returns the digest of its bytes.
pub(super) fn rewrite<F: StorageFile>(
    log: &dyn ByteSource,
    stem: &str,
    now_ms: i64,
    out: &mut F,
    tick: &mut Tick<'_>,
) -> Result<blake3::Hash, StoreError> {
    let mut builder = IndexBuilder::new(());
    scan_source(log, 0..log.len(), LogScan::new().every_line(), &mut builder, tick)?;
    let built = builder.finish();
    let session_id = built.header.as_ref().and_then(|header| header.session_id.clone());
    let taken = (0..built.entry_count()).map(|seq| built.key(seq)).collect();
    let mut lines = Lines {
        ids: IdMaker::new(session_id.as_deref().unwrap_or(stem), taken),
        new_ids: BTreeMap::new(),
        numbers: BTreeSet::new(),
        torn: BTreeSet::new(),
        built,
        seq: 0,
        bad_utf8: false,
        buffer: Vec::new(),
        hasher: blake3::Hasher::new(),
        out,
        failed: None,
    };
    lines.name_entries(log, tick)?;
    if lines.built.header.is_none() {
        let header = NewHeader {
            session_id: stem,
            now_ms: lines.built.counts.last_entry_at.unwrap_or(now_ms),
            cwd: "",
            parent_session: None,
        };
        let _ = lines.line(&header.line().unwrap_or_default());
    }
    let scanned = scan_source(log, 0..log.len(), LogScan::full().every_line(), &mut lines, tick);
    lines.write_out();
    if let Some(error) = lines.failed {
        return Err(error.into());
    }
    scanned?;
    Ok(lines.hasher.finalize())
}

struct Lines<'o, F> {
    built: Built<()>,
    ids: IdMaker,
    /// New ids of entries whose own is missing or taken.
    new_ids: BTreeMap<u32, String>,
    /// Entries that keep a number as id.
    numbers: BTreeSet<u32>,
    /// Entries that begin an incomplete batch.
    torn: BTreeSet<u32>,
    seq: u32,
    /// The next record has invalid UTF-8.
    bad_utf8: bool,
    buffer: Vec<u8>,
    hasher: blake3::Hasher,
    out: &'o mut F,
    failed: Option<StorageError>,
}

impl<F: StorageFile> Lines<'_, F> {
    /// Chooses new ids for all entries that need one, because an earlier entry may name one as its parent.
    fn name_entries(&mut self, log: &dyn ByteSource, tick: &mut Tick<'_>) -> Result<(), SourceError> {
        let (numbers, torn) = (BTreeSet::new(), BTreeSet::new());
        let mut survey = Survey { built: &self.built, seq: 0, nameless: Vec::new(), numbers, torn, batch: None };
        let scan = LogScan::new().every_line();
        scan_source(log, 0..log.len(), scan, &mut survey, tick)?;
        survey.end_batch();
        (self.numbers, self.torn) = (survey.numbers, survey.torn);
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

    fn line(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.buffer.extend_from_slice(bytes.trim_ascii());
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER {
            self.write_out();
        }
        if self.failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn write_out(&mut self) {
        self.hasher.update(&self.buffer);
        if self.failed.is_none()
            && let Err(error) = append_all(self.out, &self.buffer)
        {
            self.failed = Some(error);
        }
        self.buffer.clear();
    }

    /// The text of a record, with invalid Unicode replaced.
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

    /// An entry's id as a JSON token.
    fn id_json(&self, seq: u32) -> Vec<u8> {
        let id = self.id_of(seq);
        if self.numbers.contains(&seq) { id.into_bytes() } else { json(&id) }
    }

    /// The record with the id and the parent that readers show, and with null for an unusable time.
    fn linked<'r>(&self, bytes: &'r [u8], fields: &Fields<'r>, seq: u32) -> Cow<'r, [u8]> {
        let read = fields.entry();
        let parent = self.built.parent(seq);
        let (id_json, parent_json) =
            (self.id_json(seq), parent.map_or_else(|| b"null".to_vec(), |parent| self.id_json(parent)));
        let mut splice = Splice::new(bytes);
        let mut missing: Vec<(&str, &[u8])> = Vec::new();
        if read.id.as_deref() != Some(self.id_of(seq).as_str()) {
            match fields.id {
                Some(token) => splice.replace(token, &id_json),
                None => missing.push(("id", &id_json)),
            }
        }
        if !self.names(fields.parent_token(), parent) {
            match fields.parent_token() {
                Some(token) => splice.replace(token, &parent_json),
                None => missing.push(("parentId", &parent_json)),
            }
        }
        if let Some(token) = fields.timestamp.filter(|_| read.bad().any(|field| field == BadField::Timestamp)) {
            splice.replace(token, b"null");
        }
        if let Some(token) = fields.batch.filter(|_| self.torn.contains(&seq)) {
            splice.replace_field(token, None);
        }
        splice.insert_behind(fields.kind, &missing);
        if splice.is_empty() {
            return Cow::Borrowed(bytes);
        }
        let mut rope: Rope<()> = Rope::new(Vec::new());
        splice.apply(&mut rope, 0);
        let rope = rope.over(alloc::vec![SliceSource(bytes)]);
        let len = usize::try_from(rope.len()).unwrap_or_default();
        rope.read_vec(0, len).map_or(Cow::Borrowed(bytes), Cow::Owned)
    }

    /// True if the parent field names `parent`, in the form (string or number) of that entry's id.
    fn names(&self, token: Option<&[u8]>, parent: Option<u32>) -> bool {
        match (token, parent) {
            (None, None) => true,
            (Some(token), None) => is_null(token),
            (None, Some(_)) => false,
            (Some(token), Some(parent)) => {
                id_of(token).as_deref() == Some(self.id_of(parent).as_str())
                    && is_number(token) == self.numbers.contains(&parent)
            }
        }
    }
}

impl<F: StorageFile> LogSink for Lines<'_, F> {
    fn before_header(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        let text = self.text(record);
        self.line(&text)
    }

    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()> {
        let text = self.text(header);
        self.line(&text)
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        let seq = self.seq;
        self.seq += 1;
        let text = self.text(entry);
        let line = match LineReader::new().read(0, 1, &text, false) {
            Outcome::Whole(record) => self.linked(&text, &record.fields, seq),
            Outcome::Blank | Outcome::Broken(_) => Cow::Borrowed(&*text),
        };
        let line = line.into_owned();
        self.line(&line)
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        // This damage is reported just before its record.
        self.bad_utf8 |= damage.code == DamageCode::InvalidUtf8;
        ControlFlow::Continue(())
    }
}

/// Finds the entries with made keys, the entries with numbers as ids, and the incomplete batches.
struct Survey<'b> {
    built: &'b Built<()>,
    seq: u32,
    nameless: Vec<u32>,
    numbers: BTreeSet<u32>,
    torn: BTreeSet<u32>,
    /// The entry that began the last batch, and the number of entries that it declares.
    batch: Option<(u32, u64)>,
}

impl Survey<'_> {
    /// Ends the batch before the next entry.
    fn end_batch(&mut self) {
        if let Some((first, of)) = self.batch.take()
            && u64::from(self.seq - first) < of
        {
            self.torn.insert(first);
        }
    }
}

impl LogSink for Survey<'_> {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        if let Some(of) = begun_by(&entry.fields) {
            self.end_batch();
            self.batch = Some((self.seq, of));
        }
        if entry.fields.usable_id().as_deref() != Some(self.built.key(self.seq).as_str()) {
            self.nameless.push(self.seq);
        } else if entry.fields.id.is_some_and(is_number) {
            self.numbers.insert(self.seq);
        }
        self.seq += 1;
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

fn json(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    write_string(&mut out, text);
    out
}

/// Replaces each `\u` escape of half a surrogate pair by `\ufffd`.
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
