//! The fields of a session, read from the end of its log.
//!
//! Owns: where the reading may begin: at the last `jcode/meta` entry that says all fields, with `complete` beside its
//! data. Section 8.1 of `docs/format.md` is the rule.
//! Invariant: what is read so is what a pass over the whole log gives. Its cost follows what was appended since that
//! entry; without one all of the log is read.
//! Does not: read messages, but for their number.

use super::fields::Fields;
use super::state::StateError;
use crate::dialect::jcode::compare::past;
use crate::dialect::jcode::read::entry::Kind;
use crate::dialect::splice::field;
use crate::json::text::{integer, string};
use crate::log::{Damage, LineReader, LogScan, LogSink, Outcome, Record, scan_source, shown_len};
use crate::source::{ByteSource, Prefix, SourceError};
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// Bytes that are looked through at the end at first; each step back is four times as long.
const FIRST: u64 = 64 * 1024;
/// Further back than this a pass over all of the log is not dearer.
const GIVE_UP: u64 = 128 << 20;
/// The key beside the data of an entry that says all fields, as it is written.
const KEY: &[u8] = b"\"complete\":";
/// So close to the beginning of its line it stands.
const HEAD: usize = 4096;

/// What is said beside complete fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Complete {
    /// Messages of the path up to there.
    pub messages: u64,
    /// The first message that a compaction left in the model's context; none if it left none, or there was none.
    pub boundary: Option<String>,
}

/// The fields of a session, and what is known of its messages without reading them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recent {
    /// The top-level fields.
    pub fields: Fields,
    /// Messages of the active path; unknown where only the path itself tells.
    pub messages: Option<u64>,
    /// The first of them that a compaction left in the model's context, if one did and it is known.
    pub boundary: Option<String>,
}

impl Recent {
    /// Reads it.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn read<S: ByteSource>(log: &S) -> Result<Self, StateError> {
        // A batch that is not all there is none of it.
        Self::of_shown(&Prefix { source: log, len: shown_len(log)? })
    }

    /// The same of a log without half a batch at its end.
    pub(super) fn of_shown<S: ByteSource>(log: &S) -> Result<Self, StateError> {
        let origin = past::origin(log)?.ok_or(StateError::NotFromJcode)?;
        if let Some(from) = last_complete(log)?
            && let Some(recent) = Since::read(log, from)?.behind_complete()
        {
            return Ok(recent);
        }
        let fields = Fields::in_log(log, &origin.fields)?;
        let mut since = Since::read(log, 0)?;
        Ok(since.behind_complete().unwrap_or_else(|| since.behind(fields)))
    }
}

/// Where the last line begins that says all fields, found by its bytes; one that is written in another way is found by the
/// pass over what follows an earlier one, or over all.
fn last_complete<S: ByteSource>(log: &S) -> Result<Option<u64>, SourceError> {
    let (len, mut step) = (log.len(), FIRST);
    let mut looked_from = len;
    while looked_from > 0 && len - looked_from < GIVE_UP {
        let from = looked_from.saturating_sub(step);
        // The key may stand across the border of two steps.
        let to = len.min(looked_from + KEY.len() as u64 - 1);
        let bytes = log.bytes(from, usize::try_from(to - from).unwrap_or_default())?;
        for at in memchr::memmem::rfind_iter(&bytes, KEY) {
            let before = bytes.get(..at).unwrap_or_default();
            let line = match memchr::memrchr(b'\n', before) {
                Some(lf) => is_first_level(before.get(lf + 1..).unwrap_or_default()).then_some(from + lf as u64 + 1),
                None => line_of(log, from + at as u64)?,
            };
            if let Some(line) = line
                && says_all(log, line)?
            {
                return Ok(Some(line));
            }
        }
        (looked_from, step) = (from, step * 4);
    }
    Ok(None)
}

/// Where the line begins that has this key near its beginning, not within another value.
fn line_of<S: ByteSource>(log: &S, key: u64) -> Result<Option<u64>, SourceError> {
    let from = key.saturating_sub(HEAD as u64);
    let head = log.bytes(from, usize::try_from(key - from).unwrap_or_default())?;
    let start = memchr::memrchr(b'\n', &head).map_or((from == 0).then_some(0), |lf| Some(lf + 1));
    let start = start.filter(|&start| is_first_level(head.get(start..).unwrap_or_default()));
    Ok(start.map(|start| from + start as u64))
}

/// Behind this beginning of a line stands a key of its object, and not of a value in it.
fn is_first_level(head: &[u8]) -> bool {
    head.len() <= HEAD
        && head.first() == Some(&b'{')
        && memchr::memchr2(b'{', b'[', head.get(1..).unwrap_or_default()).is_none()
}

/// The line that begins here says all fields.
fn says_all<S: ByteSource>(log: &S, line: u64) -> Result<bool, SourceError> {
    let mut window = HEAD as u64;
    loop {
        let take = window.min(log.len() - line);
        let bytes = log.bytes(line, usize::try_from(take).unwrap_or_default())?;
        let end = memchr::memchr(b'\n', &bytes);
        if end.is_none() && take == window {
            window *= 16;
            continue;
        }
        let bytes = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
        return Ok(match LineReader::new().read(line, 0, bytes, false) {
            Outcome::Whole(record) => complete_of(&record).is_some(),
            _ => false,
        });
    }
}

/// What an entry says beside all fields, if it says them.
fn complete_of(entry: &Record<'_>) -> Option<Complete> {
    let is_meta = past::classify(entry).kind == Some(Kind::Meta);
    is_meta.then(|| field(entry.bytes, "complete").and_then(Complete::read)).flatten()
}

/// What stands in a part of a log up to its end.
#[derive(Default)]
struct Since {
    complete: Option<(Complete, Fields)>,
    /// Changes behind that.
    changes: Vec<Fields>,
    /// Messages behind that, as long as each entry follows the one before.
    messages: Option<u64>,
    last: Option<String>,
    seen: bool,
}

impl Since {
    fn read<S: ByteSource>(log: &S, from: u64) -> Result<Self, SourceError> {
        let mut since = Self { messages: Some(0), ..Self::default() };
        // The log is without half a batch already.
        let scan = if from == 0 { LogScan::new() } else { LogScan::resume(from, 0, true) };
        let scan = scan.every_line();
        scan_source(log, from..log.len(), scan, &mut since, &mut |_| ControlFlow::Continue(()))?;
        Ok(since)
    }

    /// What stands behind the last complete fields, which takes all of it; `None` if there are none.
    fn behind_complete(&mut self) -> Option<Recent> {
        let (complete, fields) = self.complete.take()?;
        let mut recent = core::mem::take(self).behind(fields);
        recent.messages = recent.messages.map(|behind| complete.messages + behind);
        recent.boundary = recent.boundary.or(complete.boundary);
        Some(recent)
    }

    fn behind(self, mut fields: Fields) -> Recent {
        self.changes.iter().for_each(|changes| fields.apply(changes));
        Recent { fields, messages: self.messages, boundary: None }
    }

    /// An entry behind which the number of messages is counted on.
    fn follows(&mut self, entry: &Record<'_>) {
        let parent = entry.fields.parent_text();
        let follows = !self.seen || parent.as_deref() == self.last.as_deref();
        self.seen = true;
        self.last = entry.fields.usable_id().map(|id| id.to_string());
        if !follows || self.last.is_none() {
            self.messages = None;
        }
    }
}

impl LogSink for Since {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        self.follows(entry);
        let known = past::classify(entry);
        match known.kind {
            Some(Kind::Message) => self.messages = self.messages.map(|messages| messages + 1),
            // What they take away only the path tells.
            Some(Kind::Rewind | Kind::Edit) => self.messages = None,
            Some(Kind::Meta) => {
                let changes = entry.fields.data.and_then(Fields::of_object).unwrap_or_default();
                match complete_of(entry) {
                    Some(complete) => {
                        let mut fields = Fields::default();
                        fields.apply(&changes);
                        self.changes.clear();
                        self.messages = Some(0);
                        self.complete = Some((complete, fields));
                    }
                    None => self.changes.push(changes),
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

impl Complete {
    pub(super) fn read(token: &[u8]) -> Option<Self> {
        let messages = field(token, "messages").and_then(integer).and_then(|n| u64::try_from(n).ok())?;
        Some(Self { messages, boundary: field(token, "boundary").and_then(string).map(|id| id.to_string()) })
    }
}

/// What an entry says of a rewind: if it is one, the leaf that was left; if it is a message, that none is to be looked for
/// before it. `None` for any other entry.
#[must_use]
pub fn came_back_from(line: &[u8]) -> Option<Option<String>> {
    let Outcome::Whole(record) = LineReader::new().read(0, 0, line, false) else { return None };
    match past::classify(&record).kind? {
        Kind::Message => Some(None),
        Kind::Rewind => {
            let from = record.fields.data.and_then(|data| field(data, "from")).and_then(string);
            Some(from.map(|from| from.to_string()))
        }
        _ => None,
    }
}
