//! A scan over a source, which is mapped or read in windows.
//!
//! Owns: feeding a source's bytes to a scan, without the incomplete batch at its end.
//! Invariant: the result is the same with and without a view, on one thread and on many. Memory holds at most a window
//! and a line, and what a few pieces hold beside their bytes.

use super::ahead::{OneThread, PIECE, ReadLines, Threads, cut};
use super::{LogScan, LogSink, ScanEnd, torn_batch};
use crate::source::{ByteSource, MAX_HELD, SourceError};
use alloc::vec::Vec;
use core::ops::{ControlFlow, Range};

/// Bytes per read from a source without a view.
const WINDOW: usize = PIECE;

/// Runs `scan` over `range` of a source, on this thread alone; see [`scan_on`].
///
/// # Errors
/// See [`scan_on`].
pub fn scan_source(
    source: &(impl ByteSource + ?Sized),
    range: Range<u64>,
    scan: LogScan,
    sink: &mut dyn LogSink,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<ScanEnd, SourceError> {
    scan_on(&OneThread, source, range, scan, sink, tick)
}

/// Runs `scan` over `range` of a source. An incomplete batch at the source's end is left out and reported. The lines of
/// a source with a view are read on all `threads`.
///
/// `tick(bytes)` is called repeatedly with the number of bytes done since the last call; `Break` interrupts.
///
/// # Errors
/// Fails if the source cannot be read, with [`SourceError::TooLong`] for a line too long to hold in memory, and with
/// [`SourceError::Interrupted`] if `tick` or the sink stopped the scan.
pub fn scan_on(
    threads: &impl Threads,
    source: &(impl ByteSource + ?Sized),
    range: Range<u64>,
    mut scan: LogScan,
    sink: &mut dyn LogSink,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<ScanEnd, SourceError> {
    let to_the_end = range.end == source.len() && !scan.every_line;
    let torn = if to_the_end { torn_batch(source)?.filter(|torn| torn.offset >= range.start) } else { None };
    let until = torn.map_or(range.end, |torn| torn.offset);
    let (end, flow) = match source.view() {
        Some(view) => {
            let from = usize::try_from(range.start).unwrap_or(usize::MAX);
            let to = usize::try_from(until).unwrap_or(usize::MAX);
            let bytes =
                view.get(from..to).ok_or(SourceError::Shrank { wanted: range.end, actual: view.len() as u64 })?;
            let rest = scan_view(threads, (range.start, bytes), &mut scan, sink, tick)?;
            match &torn {
                Some(torn) => scan.finish_before(torn, range.end, sink),
                None => scan.finish_with(rest, sink),
            }
        }
        None => {
            scan_pieces(source, range.start..until, &mut scan, sink, tick)?;
            match &torn {
                Some(torn) => scan.finish_before(torn, range.end, sink),
                None => scan.finish(sink),
            }
        }
    };
    source.still_whole()?;
    match flow {
        ControlFlow::Continue(()) => Ok(end),
        ControlFlow::Break(()) => Err(SourceError::Interrupted),
    }
}

/// Scans a source without a view, window by window; lost ranges are not read.
fn scan_pieces(
    source: &(impl ByteSource + ?Sized),
    range: Range<u64>,
    scan: &mut LogScan,
    sink: &mut dyn LogSink,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<(), SourceError> {
    let mut window = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let lost = source.lost_at(at)?.map_or(0, |lost| lost.end.min(range.end).saturating_sub(at));
        let take = if lost > 0 { lost } else { (range.end - at).min(WINDOW as u64) };
        let flow = if lost > 0 {
            scan.push_lost(lost, sink)
        } else {
            window.resize(usize::try_from(take).unwrap_or(WINDOW), 0);
            source.read_at(at, &mut window)?;
            scan.push(&window, sink)
        };
        if flow.is_break() || tick(take).is_break() {
            return Err(SourceError::Interrupted);
        }
        let (offset, len) = scan.collected();
        if len > MAX_HELD {
            return Err(SourceError::TooLong { offset });
        }
        at += take;
    }
    Ok(())
}

/// Scans bytes in memory, which stand at `offset`, and returns the last line if it has no LF. Chunks end at line ends,
/// so no line is copied.
fn scan_view<'b>(
    threads: &impl Threads,
    (offset, bytes): (u64, &'b [u8]),
    scan: &mut LogScan,
    sink: &mut dyn LogSink,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<&'b [u8], SourceError> {
    let ends = memchr::memrchr(b'\n', bytes).map_or(0, |end| end + 1);
    let (lines, last) = bytes.split_at(ends);
    let flow = scan_lines(threads, (offset, lines), scan, sink, tick);
    if flow.is_break() || tick(last.len() as u64).is_break() {
        return Err(SourceError::Interrupted);
    }
    Ok(last)
}

/// Scans whole lines: piece by piece until lines can be read ahead, then on all threads.
fn scan_lines(
    threads: &impl Threads,
    (offset, lines): (u64, &[u8]),
    scan: &mut LogScan,
    sink: &mut dyn LogSink,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut pieces = cut(lines, threads.piece());
    loop {
        if threads.count() > 1
            && let Some(reading) = scan.ahead()
        {
            let read = |(at, piece)| ReadLines::of(reading, offset + at, piece);
            return threads.in_order(pieces, read, |read| {
                let len = read.len;
                scan.push_read(read, sink)?;
                tick(len)
            });
        }
        let Some((_, piece)) = pieces.next() else { return ControlFlow::Continue(()) };
        scan.push(piece, sink)?;
        tick(piece.len() as u64)?;
    }
}
