//! A scan over a source: all of its bytes, in windows or in one view.
//!
//! Owns: how a source is read for a scan. Invariant: what a scan saw of a source that was cut meanwhile is void.
//! Does not: hold more than one window and one line; a line of a view is not copied.

use super::{LogScan, LogSink, ScanEnd, WholeSink};
use crate::source::{ByteSource, MAX_HELD, SourceError};
use alloc::vec::Vec;
use core::ops::{ControlFlow, Range};

/// Bytes that are read at once from a source without a view.
const WINDOW: usize = 1 << 20;

/// Called now and then with the number of bytes done; `Break` interrupts.
type Tick<'t> = dyn FnMut(u64) -> ControlFlow<()> + 't;

/// Runs `scan` over `range` of a source, to its end.
///
/// # Errors
/// What the source says, [`SourceError::TooLong`] for a line that must be held and cannot, or
/// [`SourceError::Interrupted`] if `tick` stopped the scan.
pub fn scan_source(
    source: &(impl ByteSource + ?Sized),
    range: Range<u64>,
    scan: LogScan,
    sink: &mut WholeSink<'_>,
    tick: &mut Tick<'_>,
) -> Result<ScanEnd, SourceError> {
    let ControlFlow::Continue(end) = scan_until(source, range, scan, sink, tick)?;
    Ok(end)
}

/// As [`scan_source`], for a sink that may stop the scan; `Break` says why it did.
///
/// # Errors
/// Those of [`scan_source`].
pub fn scan_until<B>(
    source: &(impl ByteSource + ?Sized),
    range: Range<u64>,
    scan: LogScan,
    sink: &mut dyn LogSink<Break = B>,
    tick: &mut Tick<'_>,
) -> Result<ControlFlow<B, ScanEnd>, SourceError> {
    let flow = match source.view() {
        Some(view) => {
            let from = usize::try_from(range.start).unwrap_or(usize::MAX);
            let to = usize::try_from(range.end).unwrap_or(usize::MAX);
            let bytes =
                view.get(from..to).ok_or(SourceError::Shrank { wanted: range.end, actual: view.len() as u64 })?;
            scan_view(bytes, scan, sink, tick)?
        }
        None => scan_pieces(source, range, scan, sink, tick)?,
    };
    source.still_whole()?;
    Ok(flow)
}

/// Scans a source that must be read; what is lost of it is not.
fn scan_pieces<B>(
    source: &(impl ByteSource + ?Sized),
    range: Range<u64>,
    mut scan: LogScan,
    sink: &mut dyn LogSink<Break = B>,
    tick: &mut Tick<'_>,
) -> Result<ControlFlow<B, ScanEnd>, SourceError> {
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
        if let ControlFlow::Break(why) = flow {
            return Ok(ControlFlow::Break(why));
        }
        go_on(tick, take)?;
        let (offset, held) = scan.open_line();
        if held.len() as u64 > MAX_HELD {
            return Err(SourceError::TooLong { offset });
        }
        at += take;
    }
    Ok(scan.finish(sink))
}

/// Scans bytes that are all there: chunks end at line ends, so that no line is ever copied.
fn scan_view<B>(
    bytes: &[u8],
    mut scan: LogScan,
    sink: &mut dyn LogSink<Break = B>,
    tick: &mut Tick<'_>,
) -> Result<ControlFlow<B, ScanEnd>, SourceError> {
    let mut rest = bytes;
    while let Some(near) = rest.get(WINDOW..) {
        let Some(end) = memchr::memchr(b'\n', near) else { break };
        let (chunk, behind) = rest.split_at(WINDOW + end + 1);
        rest = behind;
        if let ControlFlow::Break(why) = scan.push(chunk, sink) {
            return Ok(ControlFlow::Break(why));
        }
        go_on(tick, chunk.len() as u64)?;
    }
    let (lines, last) = rest.split_at(memchr::memrchr(b'\n', rest).map_or(0, |end| end + 1));
    if let ControlFlow::Break(why) = scan.push(lines, sink) {
        return Ok(ControlFlow::Break(why));
    }
    go_on(tick, rest.len() as u64)?;
    Ok(scan.finish_with(last, sink))
}

fn go_on(tick: &mut Tick<'_>, done: u64) -> Result<(), SourceError> {
    if tick(done).is_break() { Err(SourceError::Interrupted) } else { Ok(()) }
}
