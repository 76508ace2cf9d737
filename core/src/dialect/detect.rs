//! Detection: what a file is.
//!
//! If you change the kinds of files, then change section 3.3 of `docs/format.md` and `tests/src/generate/other_files`
//! too.
//!
//! Owns: how many bytes are read for it, and the order of the checks: first every dialect, then other kinds of files.
//! Invariant: detection reads at most the first MiB, and the last MiB of a longer file whose first one has no record. A
//! log that begins with its header is read only that far.
//! Does not: know dialects; see their readers.

use super::READERS;
use super::head::{Head, has_entries, object_start};
use super::kind::{Detected, What};
use crate::json::Fault;
use crate::json::walk::Walker;
use crate::log::{Fields, HEAD_BYTES};
use crate::source::{ByteSource, SourceError};

/// Bytes to read in each attempt to find the header; the last one includes the LF of a line that ends at one MiB.
const STEPS: [u64; 3] = [4096, 64 * 1024, HEAD_BYTES + 1];

/// Detects what a file is.
///
/// # Errors
/// Fails if the file cannot be read.
pub fn detect(source: &(impl ByteSource + ?Sized)) -> Result<Detected, SourceError> {
    let len = source.len();
    for step in STEPS {
        let take = len.min(step);
        let bytes = source.bytes(0, usize::try_from(take).unwrap_or_default())?;
        let head = Head::read(&bytes, len);
        if head.header().is_some() || take == len || step > HEAD_BYTES {
            return judge(source, &head);
        }
    }
    Ok(Detected::other(What::Empty, len))
}

fn judge(source: &(impl ByteSource + ?Sized), head: &Head<'_>) -> Result<Detected, SourceError> {
    source.still_whole()?;
    if head.has_endless_header() {
        return Ok(Detected::other(What::EndlessHeader, head.len));
    }
    if let Some(detected) = READERS.into_iter().find_map(|reader| reader.detect(head)) {
        return Ok(detected);
    }
    if head.has_no_record() && !head.is_all() {
        let from = head.len.saturating_sub(HEAD_BYTES);
        let tail = source.bytes(from, usize::try_from(head.len - from).unwrap_or_default())?;
        if has_entries(&tail) {
            return Ok(Detected::headless());
        }
    }
    Ok(Detected::other(what(head), head.len))
}

/// Classifies a file that no dialect recognises.
fn what(head: &Head<'_>) -> What {
    let bytes = head.bytes;
    let content = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii();
    if head.len == 0 {
        What::Empty
    } else if content.is_empty() {
        What::Blank
    } else if content.iter().all(|&byte| byte == 0 || byte.is_ascii_whitespace()) {
        What::Nul
    } else if is_utf16(bytes) {
        What::Utf16
    } else if bytes.starts_with(b"SQLite format 3\0") {
        What::Database
    } else if head.is_long_document() {
        What::Document
    } else if head.has_no_record() {
        without_record(content, bytes)
    } else if head.is_all() && is_document(content) {
        What::Document
    } else {
        What::Json
    }
}

fn without_record(content: &[u8], bytes: &[u8]) -> What {
    if is_document(content) {
        return What::Document;
    }
    if let Some(torn) = torn(bytes) {
        return torn;
    }
    let sample = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    // The sample may end within a character.
    let is_text = core::str::from_utf8(sample).map_or_else(|error| error.error_len().is_none(), |_| true);
    if is_text && !sample.contains(&0) { What::Text } else { What::Binary }
}

/// An object that ends early or breaks the grammar, with no record behind it.
fn torn(bytes: &[u8]) -> Option<What> {
    let start = object_start(bytes)?;
    let mut fields = Fields::default();
    let walked = Walker::new().walk_object(bytes, start, |key, value| fields.take(key, value));
    let at = match walked {
        Ok(_) => return None,
        Err(Fault::Ended) => bytes.trim_ascii_end().len() as u64,
        Err(Fault::Invalid(at)) => at as u64,
    };
    Some(if fields.is_session() { What::TornHeader(at) } else { What::TornJson(at) })
}

/// True for one value: an array, or an object over several lines.
fn is_document(content: &[u8]) -> bool {
    let starts = matches!(content.first(), Some(b'{' | b'['));
    starts
        && (content.first() == Some(&b'[') || content.contains(&b'\n'))
        && Walker::new().skip_value(content, 0) == Ok(content.len())
}

/// True for a UTF-16 byte order mark, or for ASCII in which every other byte is NUL.
fn is_utf16(bytes: &[u8]) -> bool {
    let marked = bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF");
    marked || matches!(bytes, [b'{', 0, b'"', 0, ..] | [0, b'{', 0, b'"', ..])
}
