//! The search index of a home: segments in `<home>/agent/search`.
//!
//! Owns: its files, and which of the blocks that they list are of a log as it is now.
//! Invariant: a log counts as indexed only while device, inode, length, mtime and ctime are those with which it was
//! indexed; its blocks then are all there, from the first to the last. Whatever is missing, stale, torn or locked makes
//! logs be scanned, nothing else. Segments are made whole and renamed into place, and never changed; no sync is needed.
//! Does not: say what a block must hold; core does. See `docs/format.md`, section 10.1.

mod follow;
mod update;

use crate::os::files::PlainFile;
use crate::os::stat;
pub(crate) use follow::{Opened, follow};
use jcode_session_core::search::index::{BLOCK, Blocks, Need, Segment};
use jcode_session_core::source::identity::FileStamp;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
pub use update::{Updated, update};

/// How the names of segments end.
const ENDING: &str = "grams";

/// The folder of the search index of a home.
#[must_use]
pub fn folder(home: &Path) -> PathBuf {
    home.join("agent").join("search")
}

/// An index, open for questions.
#[derive(Debug, Default)]
pub(super) struct Index {
    segments: Vec<OpenSegment>,
    /// Files that are no segments of ours, whatever they are called.
    damaged: Vec<PathBuf>,
    /// Segments by id.
    by_id: HashMap<u64, usize>,
    /// Pieces by what their log was, the last ones of it.
    last: HashMap<(FileStamp, u64), PieceAt>,
}

#[derive(Debug)]
struct OpenSegment {
    file: PlainFile,
    head: Segment,
}

/// A piece: its segment, its place there, and its first block's number in it.
#[derive(Debug, Clone, Copy)]
struct PieceAt {
    segment: usize,
    piece: usize,
    start: u32,
}

impl Index {
    /// Opens what is there. No folder, or nothing in it that can be read, is an empty index.
    pub(super) fn open(home: &Path) -> Self {
        let mut index = Self::default();
        for path in segments_in(&folder(home)) {
            let Ok(file) = PlainFile::open(&path) else { continue };
            match Segment::read(&file) {
                Some(head) => index.add(OpenSegment { file, head }),
                None => index.damaged.push(path),
            }
        }
        index
    }

    fn add(&mut self, segment: OpenSegment) {
        let number = self.segments.len();
        let mut start = 0;
        for (piece, at) in segment.head.pieces.iter().zip(0..) {
            let here = PieceAt { segment: number, piece: at, start };
            start += piece.count;
            let key = (piece.stamp, piece.beside);
            let others =
                self.last.get(&key).and_then(|other| self.segments.get(other.segment)?.head.pieces.get(other.piece));
            if others.is_none_or(|other| other.first < piece.first) {
                self.last.insert(key, here);
            }
        }
        self.by_id.insert(segment.head.id, number);
        self.segments.push(segment);
    }

    /// The pieces that have all blocks of a log, the last one first; nothing if it is not indexed as it is.
    fn pieces(&self, stamp: &FileStamp, beside: u64) -> Option<Vec<PieceAt>> {
        let mut at = *self.last.get(&(*stamp, beside))?;
        let mut pieces = vec![at];
        loop {
            let piece = self.segments.get(at.segment)?.head.pieces.get(at.piece)?;
            if piece.first == 0 {
                return Some(pieces);
            }
            let number = *self.by_id.get(&piece.base)?;
            let mut start = 0;
            let before = self.segments.get(number)?.head.pieces.iter().zip(0..).find_map(|(other, place)| {
                let here = PieceAt { segment: number, piece: place, start };
                start += other.count;
                let joins = other.first < piece.first && other.first + other.count >= piece.first;
                (joins && other.stamp.is_same_file(&piece.stamp)).then_some(here)
            });
            at = before?;
            pieces.push(at);
        }
    }

    /// The blocks of logs that may hold what is needed; `None` for a log that must be scanned.
    pub(super) fn blocks_of<'l>(
        &self,
        need: &Need,
        logs: impl Iterator<Item = (&'l FileStamp, u64)>,
    ) -> Vec<Option<Vec<u32>>> {
        let mut held: HashMap<usize, Option<Blocks>> = HashMap::new();
        let mut holding = |number: usize| -> Option<Blocks> {
            let look = || self.segments.get(number).and_then(|segment| segment.head.holding(&segment.file, need));
            held.entry(number).or_insert_with(look).clone()
        };
        let blocks = |(stamp, beside): (&FileStamp, u64)| {
            let pieces = self.pieces(stamp, beside)?;
            let (mut blocks, mut end) = (Vec::new(), u32::MAX);
            for at in pieces {
                let piece = self.segments.get(at.segment)?.head.pieces.get(at.piece)?;
                let here = holding(at.segment)?;
                let numbers = here.among(at.start, piece.count.min(end - piece.first));
                let of_log: Vec<u32> = numbers.map(|number| piece.first + (number - at.start)).collect();
                blocks.splice(0..0, of_log);
                end = piece.first;
            }
            Some(blocks)
        };
        logs.map(blocks).collect()
    }
}

/// The paths of segments in a folder, in some order.
fn segments_in(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = stat::read_folder(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == ENDING)).collect()
}

/// Blocks as runs of bytes of a log, the last one first, each of `most` bytes at most.
pub(super) fn runs(blocks: &[u32], most: u64) -> Vec<std::ops::Range<u64>> {
    let mut runs: Vec<std::ops::Range<u64>> = Vec::new();
    for &block in blocks.iter().rev() {
        let (start, end) = (u64::from(block) * BLOCK, u64::from(block + 1) * BLOCK);
        match runs.last_mut() {
            Some(run) if run.start == end && run.end - start <= most => run.start = start,
            _ => runs.push(start..end),
        }
    }
    runs
}
