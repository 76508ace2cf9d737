//! Growth of an import: the entries of a source that its imported log lacks.
//!
//! If you change the comparison, then change section 11.4 of `docs/format.md` too.
//!
//! Owns: the comparison entry by entry: an entry is present if the log has one with the same text, ids aside, below the
//! same parent.
//! Invariant: the log is never rewritten. A changed entry is added again, as a branch behind the last common entry.

use super::note::{CUSTOM_TYPE, Note};
use crate::dialect::{IdMaker, Splice, field};
use crate::json::text::{string, write_string};
use crate::log::{Damage, LogScan, LogSink, OpenLine, Record, scan_source};
use crate::source::{ByteSource, Rope, SourceError};
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::ControlFlow;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// Digest of an entry without its ids.
type Key = [u8; 16];

#[derive(Debug)]
struct Row {
    id: String,
    parent: Option<String>,
    key: Key,
    at: u64,
    len: u64,
    is_imported: bool,
    is_message: bool,
}

/// The entries of a log.
#[derive(Debug)]
pub(super) struct Rows {
    all: Vec<Row>,
    /// The `data` of `jcode/import` entries.
    pub(super) notes: Vec<Vec<u8>>,
    /// The parents of these entries, by id: an entry that follows one counts as a child of that parent.
    passed: HashMap<String, Option<String>, FixedState>,
    pub(super) open_line: OpenLine,
}

impl Rows {
    /// Reads the entries of a log.
    ///
    /// # Errors
    /// Fails if the log cannot be read or `tick` interrupts.
    pub(super) fn read<L: ByteSource>(
        log: &L,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Self, SourceError> {
        let mut rows =
            Self { all: Vec::new(), notes: Vec::new(), passed: HashMap::default(), open_line: OpenLine::None };
        rows.open_line = scan_source(log, 0..log.len(), LogScan::new(), &mut rows, tick)?.open_line;
        Ok(rows)
    }

    /// True if messages that are not the source's stand behind all imported entries.
    pub(super) fn went_on(&self) -> bool {
        let behind = self.all.iter().rev().take_while(|row| !row.is_imported);
        behind.into_iter().any(|row| row.is_message)
    }

    /// The nearest ancestor that is not a `jcode/import` entry.
    fn resolved(&self, parent: Option<&str>) -> Option<String> {
        let mut parent = parent.map(ToString::to_string);
        while let Some(behind) = parent.as_ref().and_then(|parent| self.passed.get(parent)) {
            parent.clone_from(behind);
        }
        parent
    }
}

impl LogSink for Rows {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        let fields = &entry.fields;
        let Some(id) = fields.usable_id().map(|id| id.into_owned()) else { return ControlFlow::Continue(()) };
        let parent = fields.parent_text().map(|parent| parent.into_owned());
        let kind = fields.kind_text();
        if kind == "custom" && fields.custom_type.and_then(string).is_some_and(|name| name == CUSTOM_TYPE) {
            self.notes.push(fields.data.unwrap_or_default().to_vec());
            self.passed.insert(id, parent);
            return ControlFlow::Continue(());
        }
        self.all.push(Row {
            key: key(entry, &kind),
            at: entry.offset,
            len: entry.bytes.len() as u64,
            is_imported: field(entry.bytes, "source").is_some(),
            is_message: kind == "message",
            id,
            parent,
        });
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Digest of the kind and the bytes behind the ids, which come first in an imported entry.
fn key(entry: &Record<'_>, kind: &str) -> Key {
    let parent = entry.fields.parent_token().unwrap_or_default();
    let end = (parent.as_ptr() as usize).saturating_sub(entry.bytes.as_ptr() as usize) + parent.len();
    let mut hasher = blake3::Hasher::new();
    hasher.update(kind.as_bytes());
    hasher.update(b"\0");
    let rest = entry.bytes.get(end..).unwrap_or(entry.bytes);
    // A compaction also names its first kept entry by id.
    let kept = entry.fields.first_kept.filter(|_| kind == "compaction");
    let named = kept.map(|kept| (kept.as_ptr() as usize).saturating_sub(rest.as_ptr() as usize)..).and_then(|at| {
        let end = at.start + kept?.len();
        Some((rest.get(..at.start)?, rest.get(end..)?))
    });
    let (before, behind) = named.unwrap_or((rest, b""));
    hasher.update(before);
    hasher.update(behind);
    *hasher.finalize().as_bytes().first_chunk().unwrap_or(&[0; 16])
}

/// Adds the entries of `shown` that `log` lacks to `text`; returns their number. `source` is the text of `shown`.
///
/// # Errors
/// Fails if `source` cannot be read.
pub(super) fn append<S: ByteSource>(
    log: &Rows,
    shown: &Rows,
    source: &S,
    session_id: &str,
    note: &Note,
    text: &mut Rope<&dyn ByteSource>,
) -> Result<u64, SourceError> {
    let mut there: HashMap<(Key, Option<String>), &str, FixedState> = HashMap::default();
    for row in log.all.iter().filter(|row| row.is_imported) {
        there.insert((row.key, log.resolved(row.parent.as_deref())), &row.id);
    }
    let mut used: BTreeSet<String> = log.all.iter().map(|row| row.id.clone()).collect();
    used.extend(log.passed.keys().cloned());
    let mut names = Names { maker: IdMaker::new(session_id, used.clone()), used, next: log.all.len() as u64 };
    // Ids in the log, by the ids of shown entries.
    let mut ids: HashMap<&str, String, FixedState> = HashMap::default();
    let (mut entries, mut is_noted) = (0, false);
    let mut last: Option<(String, Vec<u8>)> = None;
    let mut went_back = None;
    for row in &shown.all {
        let parent = row.parent.as_deref().and_then(|parent| ids.get(parent)).cloned();
        if let Some(id) = there.get(&(row.key, parent.clone())) {
            ids.insert(&row.id, (*id).to_string());
            went_back = Some((*id, row));
            continue;
        }
        let line = source.read_vec(row.at, usize::try_from(row.len).unwrap_or_default())?;
        let mut behind = parent;
        // Results stay directly behind their calls, so the note waits for another entry.
        if !is_noted && !is_result(&line) {
            let id = names.made();
            text.push_new(&noted(&id, behind.as_deref(), &line, note));
            (behind, is_noted) = (Some(id), true);
            entries += 1;
        }
        let id = names.own_or_made(&row.id);
        let same = id == row.id && behind == row.parent;
        if same && !line.windows(16).any(|bytes| bytes == b"firstKeptEntryId") {
            text.push_original(0, row.at, row.at + row.len);
        } else {
            text.push_new(&renamed(&line, &id, behind.as_deref(), &ids));
        }
        text.push_new(b"\n");
        went_back = None;
        last = Some((id.clone(), line));
        ids.insert(&row.id, id);
        entries += 1;
    }
    let Some((id, line)) = last else { return Ok(0) };
    if !is_noted {
        text.push_new(&noted(&names.made(), Some(&id), &line, note));
        entries += 1;
    }
    if let Some((leaf, row)) = went_back {
        // The source's conversation ends at an older entry; an entry behind the new ones must say so.
        let line = source.read_vec(row.at, usize::try_from(row.len).unwrap_or_default())?;
        text.push_new(&rewound(&names.made(), leaf, &id, &line));
        entries += 1;
    }
    Ok(entries)
}

fn is_result(line: &[u8]) -> bool {
    field(line, "message").and_then(|message| field(message, "role")) == Some(b"\"toolResult\"")
}

/// Maker of ids that the log does not have.
struct Names {
    maker: IdMaker,
    used: BTreeSet<String>,
    next: u64,
}

impl Names {
    fn own_or_made(&mut self, own: &str) -> String {
        if self.used.insert(own.to_string()) { own.to_string() } else { self.made() }
    }

    fn made(&mut self) -> String {
        loop {
            let id = self.maker.id(self.next);
            self.next += 1;
            if self.used.insert(id.clone()) {
                return id;
            }
        }
    }
}

fn token(text: Option<&str>) -> Vec<u8> {
    let mut out = Vec::new();
    match text {
        Some(text) => write_string(&mut out, text),
        None => out.extend_from_slice(b"null"),
    }
    out
}

/// The entry with new ids, also in `firstKeptEntryId` of a compaction.
fn renamed(line: &[u8], id: &str, parent: Option<&str>, ids: &HashMap<&str, String, FixedState>) -> Vec<u8> {
    let mut splice = Splice::new(line);
    if let Some(old) = field(line, "id") {
        splice.replace(old, &token(Some(id)));
    }
    if let Some(old) = field(line, "parentId") {
        splice.replace(old, &token(parent));
    }
    if let Some(old) = field(line, "firstKeptEntryId")
        && let Some(name) = string(old)
    {
        let kept = ids.get(&*name).map_or(id, String::as_str);
        splice.replace(old, &token(Some(kept)));
    }
    splice.into_bytes()
}

/// The entry that returns the conversation from the last new entry, `from`, to `leaf`, which `line` shows.
fn rewound(id: &str, leaf: &str, from: &str, line: &[u8]) -> Vec<u8> {
    let mut out = br#"{"type":"custom","id":"#.to_vec();
    let mut put = |name: &[u8], value: &[u8]| {
        out.extend_from_slice(name);
        out.extend_from_slice(value);
    };
    put(b"", &token(Some(id)));
    put(br#","parentId":"#, &token(Some(leaf)));
    put(br#","timestamp":"#, field(line, "timestamp").unwrap_or(b"null"));
    put(br#","source":"#, field(line, "source").unwrap_or(b"null"));
    put(br#","customType":"jcode/rewind","data":{"from":"#, &token(Some(from)));
    out.extend_from_slice(b"}}\n");
    out
}

/// The `jcode/import` entry that notes the source's state before the entries behind it.
fn noted(id: &str, parent: Option<&str>, first: &[u8], note: &Note) -> Vec<u8> {
    let mut out = br#"{"type":"custom","id":"#.to_vec();
    out.extend_from_slice(&token(Some(id)));
    out.extend_from_slice(br#","parentId":"#);
    out.extend_from_slice(&token(parent));
    out.extend_from_slice(br#","timestamp":"#);
    out.extend_from_slice(field(first, "timestamp").unwrap_or(b"null"));
    out.extend_from_slice(alloc::format!(r#","source":[{},{}]"#, note.from, note.length - note.from).as_bytes());
    out.extend_from_slice(br#","customType":"jcode/import","data":"#);
    out.extend_from_slice(&note.json());
    out.extend_from_slice(b"}\n");
    out
}
