//! Batches: entries that were saved together, and the incomplete batch at the end of a log.
//!
//! If you change the rule, then change `tests/src/oracle/batch.rs` and section 3.6 of `docs/format.md` too.
//!
//! Owns: which line begins a batch, and how many of its entries are in the log.
//! Invariant: the answer depends only on the last [`MAX_BATCH`] lines and [`MAX_BATCH_BYTES`], so its cost does not
//! grow with the log. Lines without the key `batch` are not parsed.
//! Does not: judge a batch that another batch follows.

use super::line::{LineReader, Outcome};
use super::{Damage, DamageCode, Fields};
use crate::json::text::integer;
use crate::source::{ByteSource, SourceError};
use memchr::memmem;

/// Most entries in a batch.
pub const MAX_BATCH: u64 = 1024;
/// Most bytes in a batch, with line feeds.
pub const MAX_BATCH_BYTES: u64 = 64 << 20;

/// The key as it stands in the line that begins a batch, without escapes.
const KEY: &[u8] = b"\"batch\"";
/// Bytes read in the first step.
const FIRST_WINDOW: u64 = 64 * 1024;

/// The incomplete batch at the end of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TornBatch {
    /// Offset of its first line.
    pub offset: u64,
    /// Entries present.
    pub there: u64,
    /// Entries that it declares.
    pub of: u64,
}

impl TornBatch {
    /// The damage for a batch that begins at line number `line`, in a log of `log_len` bytes.
    pub(super) fn damage(&self, line: u64, log_len: u64) -> Damage {
        let salvaged = u32::try_from(self.there).unwrap_or(u32::MAX);
        Damage { salvaged, ..Damage::at(DamageCode::TornBatch, self.offset, line, log_len - self.offset) }
    }
}

/// The number of entries in the batch that a record begins; `None` if it begins none.
#[must_use]
pub fn begun_by(fields: &Fields<'_>) -> Option<u64> {
    let count = u64::try_from(integer(fields.batch?)?).ok()?;
    ((1..=MAX_BATCH).contains(&count) && fields.is_linked() && !fields.is_session()).then_some(count)
}

/// The incomplete batch at the end of a log, if there is one.
///
/// # Errors
/// Fails if the source cannot be read.
pub fn torn_batch(source: &(impl ByteSource + ?Sized)) -> Result<Option<TornBatch>, SourceError> {
    torn_batch_until(source, source.len())
}

/// Like [`torn_batch`], but for the first `len` bytes of a log.
///
/// # Errors
/// Fails if the source cannot be read.
pub fn torn_batch_until(source: &(impl ByteSource + ?Sized), len: u64) -> Result<Option<TornBatch>, SourceError> {
    let most = len.min(MAX_BATCH_BYTES);
    let mut window = most.min(FIRST_WINDOW);
    loop {
        let from = len - window;
        let bytes = source.bytes(from, usize::try_from(window).unwrap_or(usize::MAX))?;
        match last_begun(&bytes, from == 0) {
            Look::Begun { start, of } => {
                let there = entries(bytes.get(start..).unwrap_or_default(), of);
                return Ok((there < of).then_some(TornBatch { offset: from + start as u64, there, of }));
            }
            Look::Further if window < most => window = most.min(window * 4),
            Look::Further | Look::None => return Ok(None),
        }
    }
}

/// The length of a log as readers show it: without the incomplete batch at its end.
///
/// # Errors
/// Fails if the source cannot be read.
pub fn shown_len(source: &(impl ByteSource + ?Sized)) -> Result<u64, SourceError> {
    Ok(torn_batch(source)?.map_or(source.len(), |torn| torn.offset))
}

/// Result of the search for the last batch.
enum Look {
    /// The last batch begins at `start` and declares `of` entries.
    Begun { start: usize, of: u64 },
    /// No line within the limits begins a batch.
    None,
    /// Undecided: more bytes in front are needed.
    Further,
}

/// Finds the last line that begins a batch. `all`: the first byte of `bytes` begins a line.
fn last_begun(bytes: &[u8], all: bool) -> Look {
    let key = memmem::Finder::new(KEY);
    let mut rest = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    for _ in 0..MAX_BATCH {
        let lf = memchr::memrchr(b'\n', rest);
        let start = match lf {
            Some(lf) => lf + 1,
            None if all => 0,
            None => return Look::Further,
        };
        let line = rest.get(start..).unwrap_or_default();
        if key.find(line).is_some()
            && let Outcome::Whole(record) = LineReader::new().read(start as u64, 0, line, false)
            && let Some(of) = begun_by(&record.fields)
        {
            return Look::Begun { start, of };
        }
        let Some(lf) = lf else { return Look::None };
        rest = rest.get(..lf).unwrap_or_default();
    }
    Look::None
}

/// Counts the entries in lines up to the end of the log, at most `most`. A damaged line counts as one entry, or as its
/// salvaged records if these are more. A last line without LF counts only its whole records.
fn entries(lines: &[u8], most: u64) -> u64 {
    let mut reader = LineReader::new();
    let mut count = 0;
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        let content = line.strip_suffix(b"\n").unwrap_or(line);
        let is_terminated = content.len() < line.len();
        count += match reader.read(1, 0, content, false) {
            Outcome::Blank => 0,
            Outcome::Whole(record) => u64::from(!record.fields.is_session()),
            Outcome::Broken(salvaged) => (salvaged.records.len() as u64).max(u64::from(is_terminated)),
        };
        if count >= most {
            break;
        }
    }
    count
}
