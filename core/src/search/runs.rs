//! Runs of whole lines of a log.
//!
//! Owns: which lines belong to a range: those that begin in it. Invariant: ranges that cover a log give each line once,
//! however it is cut. Lost bytes are passed over, as far as they fill what is left of a range.

use crate::source::{ByteSource, MAX_HELD, SourceError};
use alloc::vec::Vec;
use core::ops::Range;

/// Bytes that are read at once.
const WINDOW: u64 = 1 << 20;

/// Hands the lines that begin in `range` to `see`, in runs, each with its offset and without its last LF.
///
/// # Errors
/// If the log cannot be read, or a line is too long to be held.
pub fn lines_in(
    source: &(impl ByteSource + ?Sized),
    range: Range<u64>,
    see: &mut dyn FnMut(u64, &[u8]),
) -> Result<(), SourceError> {
    let range = range.start..range.end.min(source.len());
    let Some(start) = first_line(source, &range)? else { return Ok(()) };
    let end = match range.end {
        end if end >= source.len() => source.len(),
        end => match line_feed(source, end - 1..source.len())? {
            Some(lf) => lf + 1,
            None => source.len(),
        },
    };
    if let Some(bytes) = usize::try_from(end - start).ok().and_then(|len| source.in_place(start, len)) {
        see(start, bytes.strip_suffix(b"\n").unwrap_or(bytes));
        return Ok(());
    }
    read_runs(source, start..end, see)
}

/// The first line that begins in a range.
fn first_line(source: &(impl ByteSource + ?Sized), range: &Range<u64>) -> Result<Option<u64>, SourceError> {
    match range.start.checked_sub(1) {
        None => Ok(Some(0).filter(|_| range.end > 0)),
        Some(before) => {
            let lf = line_feed(source, before..range.end)?;
            Ok(lf.map(|lf| lf + 1).filter(|start| *start < range.end))
        }
    }
}

/// The first LF in a range.
fn line_feed(source: &(impl ByteSource + ?Sized), range: Range<u64>) -> Result<Option<u64>, SourceError> {
    let mut at = range.start;
    while at < range.end {
        if source.lost_at(at)?.is_some() {
            return Ok(Some(at));
        }
        let len = usize::try_from((range.end - at).min(WINDOW / 16)).unwrap_or_default();
        if let Some(found) = memchr::memchr(b'\n', &source.bytes(at, len)?) {
            return Ok(Some(at + found as u64));
        }
        at += len as u64;
    }
    Ok(None)
}

/// Reads lines window by window.
fn read_runs(
    source: &(impl ByteSource + ?Sized),
    range: Range<u64>,
    see: &mut dyn FnMut(u64, &[u8]),
) -> Result<(), SourceError> {
    let mut held: Vec<u8> = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let lost = source.lost_at(at)?.map_or(0, |lost| lost.end.min(range.end).saturating_sub(at));
        if lost > 0 {
            // What is lost reads as line feeds, which end what is held.
            if !held.is_empty() {
                see(at - held.len() as u64, &held);
                held.clear();
            }
            at += lost;
            continue;
        }
        let before = held.len();
        let take = usize::try_from((range.end - at).min(WINDOW)).unwrap_or_default();
        held.resize(before + take, 0);
        source.read_at(at, held.get_mut(before..).unwrap_or_default())?;
        let start = at - before as u64;
        at += take as u64;
        let whole = memchr::memrchr(b'\n', held.get(before..).unwrap_or_default()).map(|lf| before + lf);
        if let Some(lf) = whole {
            see(start, held.get(..lf).unwrap_or_default());
            held.drain(..=lf);
        }
        if held.len() as u64 > MAX_HELD {
            return Err(SourceError::TooLong { offset: start });
        }
    }
    if !held.is_empty() {
        see(range.end - held.len() as u64, &held);
    }
    Ok(())
}
