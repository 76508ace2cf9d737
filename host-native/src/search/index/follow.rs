//! What a writer added to its log, taken into the index when the writer closes.
//!
//! Owns: how far back blocks are noted anew. Invariant: what stood in the log before is believed only if the log was as
//! it was indexed when the writer opened it, under the lock, and its samples are still the same; else a small log is
//! indexed from its start and a large one is left to be scanned. Pieces of a log grow in length towards its start, so
//! that they stay few. Whatever fails leaves a log that is scanned.
//! Does not: make an index where there is none.

use super::update::{may_change_unseen, write};
use super::{Index, OpenSegment, folder};
use crate::os::files;
use crate::os::log_file::LogFile;
use crate::os::{host, stat};
use jcode_session_core::search::index::{BLOCK, BlockGrams, Piece, SegmentBuilder, blocks_in};
use jcode_session_core::source::ByteSource;
use jcode_session_core::source::identity::{FileStamp, Fingerprint};
use jcode_session_core::write::line_start;
use std::path::Path;
use std::time::Duration;

/// Bytes that are read at most while a writer closes.
const MOST: u64 = 16 << 20;
/// How long a closing writer waits for its last write to be of the past.
const SETTLES: Duration = Duration::from_millis(25);

/// A log as a writer opened it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Opened {
    stamp: FileStamp,
    fingerprint: Fingerprint,
}

impl Opened {
    /// Of a log that had this stamp, and that only this process changes since; nothing if no index is kept.
    pub(crate) fn of(home: &Path, log: &Path, stamp: FileStamp) -> Option<Self> {
        if !folder(home).is_dir() {
            return None;
        }
        let fingerprint = Fingerprint::take(&LogFile::open(log).ok()?, stamp.len).ok()?;
        Some(Self { stamp, fingerprint })
    }
}

/// Takes in what was added to a log since it was opened.
pub(crate) fn follow(home: &Path, log: &Path, opened: Option<Opened>) {
    if folder(home).is_dir() {
        // It is scanned, then.
        let _ = note(home, log, opened);
    }
}

fn note(home: &Path, path: &Path, opened: Option<Opened>) -> Option<()> {
    let stamp = files::stamp(path).ok()??;
    if may_change_unseen(stamp.ctime_ns) {
        std::thread::sleep(SETTLES);
    }
    let log = LogFile::open(path).ok()?;
    if log.stamp() != stamp || log.sealed().is_some() || may_change_unseen(stamp.ctime_ns) {
        return None;
    }
    let index = Index::open(home);
    let end = u32::try_from(log.len().div_ceil(BLOCK)).ok()?;
    let (mut first, mut base) = (0, 0);
    if let Some(pieces) = opened.and_then(|opened| as_indexed(&index, &log, opened)) {
        first = u32::try_from(line_start(&log, opened?.stamp.len).ok()? / BLOCK).ok()?;
        for at in pieces {
            let segment = index.segments.get(at.segment)?;
            let piece = segment.head.pieces.get(at.piece)?;
            // A piece that begins behind what is noted anew, or is no longer than that, is taken in.
            if piece.first < first && piece.count > end - first {
                base = segment.head.id;
                break;
            }
            first = piece.first.min(first);
        }
    }
    if u64::from(end - first) * BLOCK > MOST {
        return None;
    }
    let (mut builder, mut grams) = (SegmentBuilder::new(), BlockGrams::new());
    blocks_in(&log, first..end, &mut grams, &mut |grams| builder.block(grams)).ok()?;
    log.still_whole().ok()?;
    let path = stat::real_path(path).ok()?.into_os_string().into_encoded_bytes();
    builder.piece(Piece { path, stamp, beside: 0, base, first, count: end - first });
    write(&folder(home), host::new_number(), &builder).ok()?;
    // What was noted of these blocks before is of no more use.
    let is_old = |segment: &&OpenSegment| match segment.head.pieces.as_slice() {
        [piece] => piece.stamp.is_same_file(&stamp) && piece.first >= first,
        _ => false,
    };
    index.segments.iter().filter(is_old).for_each(|segment| drop(stat::remove(&segment.file.path)));
    Some(())
}

/// The pieces of a log as it was opened, if it begins as it did then.
fn as_indexed(index: &Index, log: &LogFile, opened: Opened) -> Option<Vec<super::PieceAt>> {
    let pieces = index.pieces(&opened.stamp, 0)?;
    let is_same = log.len() >= opened.stamp.len && log.file_stamp().is_same_file(&opened.stamp);
    let fingerprint = Fingerprint::take(log, opened.stamp.len).ok().filter(|_| is_same)?;
    (fingerprint == opened.fingerprint).then_some(pieces)
}
