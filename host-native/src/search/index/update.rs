//! Bringing the index up to what sessions are now.
//!
//! Owns: which logs are indexed, on all cores, and when the index is made anew. Invariant: what a log was is noted before
//! it is read, and only if no later change can have the same times; so a log that changes meanwhile is not found in the
//! index. Where nothing changed, nothing is written. One process at a time; nobody waits.

use super::{ENDING, Index, folder};
use crate::catalog::{Catalog, OnDisk, path_of};
use crate::os::files::stamp;
use crate::os::lock::try_lock;
use crate::os::opening::open_or_make;
use crate::os::replace::{put, temporary_for};
use crate::os::{folders, host, stat};
use crate::session::{AnyLog, current_log};
use jcode_session_core::catalog::refresh::is_racy;
use jcode_session_core::dialect::CurrentLog;
use jcode_session_core::parts::OWN_TEMPORARY;
use jcode_session_core::search::index::{BLOCK, BlockGrams, Piece, SegmentBuilder, blocks_in};
use jcode_session_core::source::ByteSource;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Blocks of a segment: its file is made in memory.
const SEGMENT: u32 = 4096;
/// A segment with fewer blocks is small, and so many of those are too many files.
const SMALL: u32 = 1024;
const MANY: usize = 32;
/// A file system tells times apart that are so far apart.
const SETTLES: Duration = Duration::from_millis(110);
/// A temporary file of a process that was killed goes once it is so old.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What an update did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Updated {
    /// Logs that were indexed.
    pub logs: u64,
    /// Bytes of the segments that were written.
    pub bytes: u64,
}

/// Brings the search index of a home up to date for the sessions of a catalog; `false` of `go_on` ends it early. Nothing
/// is done where the home is not there, or another process is at it.
///
/// # Errors
/// If the index cannot be written. Searches then scan.
pub fn update(home: &Path, catalog: &Catalog, go_on: &(dyn Fn() -> bool + Sync)) -> io::Result<Updated> {
    if !home.is_dir() {
        return Ok(Updated::default());
    }
    let mut logs = catalog.on_disk();
    if logs.is_empty() && !folder(home).exists() {
        return Ok(Updated::default());
    }
    let mut index = Index::open(home);
    let is_new = |index: &Index, log: &OnDisk| index.pieces(&log.stamp, log.beside).is_none();
    if logs.iter().any(|log| is_racy(log.changed_ns, host::now_ns()) && is_new(&index, log)) {
        std::thread::sleep(SETTLES);
        logs = catalog.on_disk();
    }
    let state = State::of(&index, &logs);
    logs.retain(|log| !is_racy(log.changed_ns, host::now_ns()));
    if !state.is_worn {
        logs.retain(|log| is_new(&index, log));
        if logs.is_empty() && index.damaged.is_empty() {
            return Ok(Updated::default());
        }
    }
    let folder = folder(home);
    folders::make_all(&folder)?;
    folders::is_folder(&folder)?;
    let Some(_lock) = lock(&folder)? else { return Ok(Updated::default()) };
    let old: Vec<PathBuf> = index.segments.drain(..).map(|segment| segment.file.path).collect();
    if state.is_worn {
        logs.extend(state.elsewhere);
    }
    let done = build(&folder, logs, go_on)?;
    if state.is_worn && go_on() {
        old.iter().for_each(|path| drop(stat::remove(path)));
    }
    index.damaged.iter().for_each(|path| drop(stat::remove(path)));
    sweep(&folder);
    Ok(done)
}

/// How much of an index is of use.
struct State {
    /// It lists much that is no more, or consists of many small files: then it is made anew.
    is_worn: bool,
    /// Logs below other roots that it has as they are.
    elsewhere: Vec<OnDisk>,
}

impl State {
    fn of(index: &Index, logs: &[OnDisk]) -> Self {
        let mut alive = std::collections::HashSet::new();
        // True for a log that was not seen before.
        let mut see = |log: &OnDisk| {
            let pieces = index.pieces(&log.stamp, log.beside).unwrap_or_default();
            pieces.iter().filter(|at| alive.insert((at.segment, at.piece))).count() > 0
        };
        for log in logs {
            see(log);
        }
        let pieces = || index.segments.iter().flat_map(|segment| &segment.head.pieces);
        let elsewhere = pieces().filter_map(as_it_was).filter(|log| see(log)).collect();
        let (mut all, mut used) = (0_u64, 0_u64);
        for (number, segment) in index.segments.iter().enumerate() {
            for (place, piece) in segment.head.pieces.iter().enumerate() {
                all += u64::from(piece.count);
                used += if alive.contains(&(number, place)) { u64::from(piece.count) } else { 0 };
            }
        }
        let small = index.segments.iter().filter(|segment| segment.head.blocks < SMALL).count();
        Self { is_worn: all > 2 * used || small > MANY, elsewhere }
    }
}

/// The log of a piece, if it still is what it was.
fn as_it_was(piece: &Piece) -> Option<OnDisk> {
    let path = path_of(&piece.path).into_owned();
    let stamp = stamp(&path).ok().flatten().filter(|stamp| *stamp == piece.stamp)?;
    Some(OnDisk { path, stamp, beside: piece.beside, changed_ns: stamp.ctime_ns })
}

/// The lock of an index, if it is free.
fn lock(folder: &Path) -> io::Result<Option<File>> {
    let file = open_or_make(&folder.join("lock"))?;
    Ok(try_lock(&file).is_ok().then_some(file))
}

/// Indexes logs, the longest first.
fn build(folder: &Path, mut logs: Vec<OnDisk>, go_on: &(dyn Fn() -> bool + Sync)) -> io::Result<Updated> {
    logs.sort_unstable_by(|a, b| (b.stamp.len, &a.path).cmp(&(a.stamp.len, &b.path)));
    let (next, indexed, bytes) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let failed = AtomicBool::new(false);
    let work = || -> io::Result<()> {
        let mut worker = Worker {
            folder,
            id: host::new_number(),
            builder: SegmentBuilder::new(),
            grams: BlockGrams::new(),
            bytes: &bytes,
        };
        while go_on() && !failed.load(Ordering::Relaxed) {
            let Some(log) = logs.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
            indexed.fetch_add(u64::from(worker.log(log)?), Ordering::Relaxed);
        }
        worker.write()
    };
    let cores = host::cores();
    std::thread::scope(|scope| {
        let run = || work().inspect_err(|_| failed.store(true, Ordering::Relaxed));
        let threads: Vec<_> = (0..cores.min(logs.len())).map(|_| scope.spawn(run)).collect();
        threads.into_iter().try_for_each(|thread| thread.join().unwrap_or(Ok(())))
    })?;
    Ok(Updated { logs: indexed.into_inner(), bytes: bytes.into_inner() })
}

/// What one thread makes.
struct Worker<'w> {
    folder: &'w Path,
    /// Of the segment that is being made.
    id: u64,
    builder: SegmentBuilder,
    grams: BlockGrams,
    bytes: &'w AtomicU64,
}

impl Worker<'_> {
    /// Indexes a log; false if it cannot be, and will be scanned.
    fn log(&mut self, log: &OnDisk) -> io::Result<bool> {
        let Ok((opened, _)) = current_log(&log.path) else { return Ok(false) };
        if let CurrentLog::AsIs(AnyLog::File(file)) = &opened
            && (file.file_stamp() != log.stamp || file.sealed().is_some())
        {
            return Ok(false);
        }
        let Ok(count) = u32::try_from(opened.len().div_ceil(BLOCK)) else { return Ok(false) };
        let (mut first, mut base) = (0, 0);
        loop {
            if self.builder.blocks() >= SEGMENT {
                self.write()?;
            }
            let (before, room) = (self.builder.blocks(), SEGMENT - self.builder.blocks());
            let end = count.min(first + room);
            let builder = &mut self.builder;
            let read = blocks_in(&opened, first..end, &mut self.grams, &mut |grams| builder.block(grams));
            if read.is_err() || opened.still_whole().is_err() {
                self.grams = BlockGrams::new();
                self.builder.truncate(before);
                return Ok(false);
            }
            let path = log.path.as_os_str().as_encoded_bytes().to_vec();
            let (stamp, beside) = (log.stamp, log.beside);
            self.builder.piece(Piece { path, stamp, beside, base, first, count: end - first });
            (first, base) = (end, self.id);
            if end == count {
                return Ok(true);
            }
        }
    }

    /// Writes the segment, if there is anything in it, and begins another one.
    fn write(&mut self) -> io::Result<()> {
        let builder = std::mem::take(&mut self.builder);
        if builder.blocks() > 0 {
            self.bytes.fetch_add(write(self.folder, self.id, &builder)?, Ordering::Relaxed);
        }
        self.id = host::new_number();
        Ok(())
    }
}

/// Writes a segment; its length.
pub(super) fn write(folder: &Path, id: u64, builder: &SegmentBuilder) -> io::Result<u64> {
    let bytes = builder.finish(id);
    let target = folder.join(format!("{id:016x}.{ENDING}"));
    let mut temporary = temporary_for(&target).map_err(|error| error.source)?;
    temporary.write_all(&bytes)?;
    // Without a sync: what a power cut leaves of it does not match its digests.
    put(temporary, &target)?;
    Ok(bytes.len() as u64)
}

/// Removes what killed processes left.
fn sweep(folder: &Path) {
    let Ok(entries) = stat::read_folder(folder) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().as_encoded_bytes().starts_with(OWN_TEMPORARY.as_bytes());
        let modified = entry.metadata().and_then(|metadata| metadata.modified()).ok();
        if is_ours && modified.and_then(|at| at.elapsed().ok()).is_some_and(|age| age > DAY) {
            let _ = stat::remove(&entry.path());
        }
    }
}

/// A kernel's coarse clock ticks every 10 ms at worst.
const TWO_TICKS_NS: i64 = 20_000_000;

/// A file that was changed so shortly ago may be changed again without another time, by a program that does not keep to
/// the lock under which this is asked.
pub(super) fn may_change_unseen(ctime_ns: i64) -> bool {
    ctime_ns.saturating_add(TWO_TICKS_NS) >= host::now_ns()
}
