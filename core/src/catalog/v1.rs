//! The summary of a large v1 session, from the ends of its files.
//!
//! Owns: finding jcode's top-level fields before and behind `messages` without reading the part between, and in the
//! last whole line of the journal.
//! Invariant: a field counts only if the text parses: from the start of the file, or up to its very end.

use super::message::{Message, first_of, may_be_another};
use super::state::State;
use super::summary::SessionSummary;
use crate::json::Cursor;
use crate::json::walk::Walker;
use crate::log::{Dialect, time};
use crate::source::{ByteSource, SourceError};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

const HEAD: u64 = 64 * 1024;
const TAIL: u64 = 256 * 1024;

/// Keys that jcode writes behind `messages`, at which the fields up to the end of a snapshot may begin.
const BEHIND: [&[u8]; 9] = [
    b"\"compaction\"",
    b"\"provider_session_id\"",
    b"\"provider_key\"",
    b"\"model\"",
    b"\"is_canary\"",
    b"\"working_dir\"",
    b"\"short_name\"",
    b"\"status\"",
    b"\"saved\"",
];

/// Summarizes a v1 session with a snapshot, a journal, or both.
///
/// # Errors
/// Fails if a source cannot be read.
pub(super) fn summarize_large_v1<S: ByteSource>(
    stem: &str,
    snapshot: Option<&S>,
    journal: Option<&S>,
    file_time: i64,
) -> Result<SessionSummary, SourceError> {
    let mut found = Found::default();
    if let Some(snapshot) = snapshot {
        found.head(&read(snapshot, 0, HEAD)?);
        found.tail(&mut read(snapshot, snapshot.len().saturating_sub(TAIL), TAIL)?);
    }
    if let Some(journal) = journal {
        let from = journal.len().saturating_sub(TAIL);
        let tail = read(journal, from, TAIL)?;
        let start = if from == 0 { 0 } else { memchr::memchr(b'\n', &tail).map_or(tail.len(), |lf| lf + 1) };
        tail.get(start..).unwrap_or_default().split(|&b| b == b'\n').for_each(|line| found.journal_line(line));
    }
    let Found { state, first_prompt, preview, last_message_at } = found;
    let title = state.shown_title();
    let size = |source: Option<&S>| source.map_or(0, ByteSource::len);
    Ok(SessionSummary {
        session_id: state.id.unwrap_or_else(|| stem.to_string()),
        dialect: Some(Dialect::JcodeV1),
        cwd: state.working_dir,
        title,
        is_named: state.custom_title.is_some(),
        created_at: state.created_at,
        last_modified: last_message_at.or(state.updated_at).unwrap_or(file_time),
        listed_as_of: None,
        size_bytes: size(snapshot) + size(journal),
        model: state.model,
        status: state.status,
        status_message: state.status_message,
        saved: state.saved,
        save_label: state.save_label,
        parent_session: state.parent_id,
        first_prompt,
        preview,
        is_debug: state.is_debug,
        is_canary: state.is_canary,
        short_name: state.short_name,
        provider: state.provider,
        last_active_at: state.last_active_at,
        last_pid: state.last_pid,
        updated_at: state.updated_at,
        ..SessionSummary::default()
    })
}

fn read<S: ByteSource>(source: &S, from: u64, max: u64) -> Result<Vec<u8>, SourceError> {
    source.read_vec(from, usize::try_from(source.len().saturating_sub(from).min(max)).unwrap_or_default())
}

#[derive(Default)]
struct Found {
    state: State,
    first_prompt: Option<String>,
    preview: Option<String>,
    last_message_at: Option<i64>,
}

impl Found {
    /// Reads the fields up to `messages`, and the first prompt.
    fn head(&mut self, bytes: &[u8]) {
        let start = bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(bytes.len());
        let mut cursor = Cursor::new(bytes, start);
        let mut walker = Walker::new();
        let mut more = cursor.opens(b'{', b'}').unwrap_or(false);
        while more {
            let Ok(key) = cursor.key() else { return };
            let from = cursor.at;
            if key == b"messages" {
                self.first_prompt = first_prompt(&mut cursor.clone());
            }
            if walker.walk_value(&mut cursor).is_err() {
                return;
            }
            self.state.take(key, cursor.since(from));
            more = cursor.goes_on(b'}').unwrap_or(false);
        }
    }

    /// Reads the fields behind `messages`: the longest run of fields that ends with the file.
    fn tail(&mut self, bytes: &mut [u8]) {
        let end = bytes.iter().rposition(|b| !b.is_ascii_whitespace()).map_or(0, |last| last + 1);
        let mut starts: Vec<usize> = BEHIND.iter().flat_map(|key| memchr::memmem::find_iter(bytes, key)).collect();
        starts.sort_unstable();
        for start in starts {
            let before = bytes.get(..start).unwrap_or_default();
            let Some(comma) = before.iter().rposition(|b| !b.is_ascii_whitespace()) else { continue };
            if before.get(comma) != Some(&b',') {
                continue;
            }
            // Try to parse the run as an object of its own.
            if let Some(byte) = bytes.get_mut(comma) {
                *byte = b'{';
            }
            let mut state = self.state.clone();
            let walked = Walker::new().walk_object(bytes, comma, |key, value| state.take(key, value));
            if walked.is_ok_and(|walked| walked.end == end) {
                self.state = state;
                return;
            }
            if let Some(byte) = bytes.get_mut(comma) {
                *byte = b',';
            }
        }
    }

    /// Reads one line of the journal. Like jcode, skips a line whose `meta` lacks a required field.
    fn journal_line(&mut self, line: &[u8]) {
        let (mut meta, mut messages) = (None, None);
        let walked = Walker::new().walk_object(line, 0, |key, value| match key {
            b"meta" => meta = Some(value),
            b"append_messages" => messages = Some(value),
            _ => {}
        });
        let (Ok(_), Some(meta)) = (walked, meta) else { return };
        let mut state = State { id: self.state.id.clone(), created_at: self.state.created_at, ..State::default() };
        let mut must = 0;
        let walked = Walker::new().walk_object(meta, 0, |key, value| {
            must += u8::from([&b"updated_at"[..], b"status", b"is_canary", b"is_debug", b"saved"].contains(&key));
            state.take(key, value);
        });
        if walked.is_err() || must < 5 {
            return;
        }
        self.state = state;
        if let Some(messages) = messages {
            self.messages(messages);
        }
    }

    fn messages(&mut self, array: &[u8]) {
        let mut cursor = Cursor::new(array, 0);
        let mut walker = Walker::new();
        let mut more = cursor.opens(b'[', b']').unwrap_or(false);
        while more {
            let from = cursor.at;
            if walker.walk_value(&mut cursor).is_err() {
                return;
            }
            let token = cursor.since(from);
            self.preview = Message::read(token).preview().or(self.preview.take());
            let _ = Walker::new().walk_object(token, 0, |key, value| {
                if key == b"timestamp" {
                    self.last_message_at = time::parse(value).or(self.last_message_at);
                }
            });
            more = cursor.goes_on(b']').unwrap_or(false);
        }
    }
}

/// The user's first prompt in an array of messages that may be cut off.
fn first_prompt(cursor: &mut Cursor<'_>) -> Option<String> {
    let (mut walker, mut first) = (Walker::new(), None);
    let mut more = cursor.opens(b'[', b']').unwrap_or(false);
    while more && may_be_another(first.as_ref()) {
        let from = cursor.at;
        if walker.walk_value(cursor).is_err() {
            break;
        }
        let message = Message::read(cursor.since(from));
        if message.is_from_user() {
            first = first_of(first, message.preview());
        }
        more = cursor.goes_on(b']').unwrap_or(false);
    }
    first
}
