//! A full build: from the bytes of a log to the file of a sidecar.
//!
//! Owns: the file as an image is written to it, and a thread that syncs what is written while the rest is made, so that
//! the last sync is short.
//! Invariant: memory does not grow with the log, apart from core's ids and two numbers for each page.

use crate::os::files::PathError;
use crate::os::log_file::LogFile;
use crate::os::workers::Workers;
use crate::os::{host, paths};
use crate::sidecar::outcome::{Known, RebuildError, Tick};
use jcode_session_core::index::image::{ImageBuilder, ImageFile, PAGE};
use jcode_session_core::index::meta::{IndexMeta, Observed};
use jcode_session_core::index::{Built, IndexBuilder};
use jcode_session_core::log::{LogScan, ScanEnd, scan_on};
use jcode_session_core::source::ByteSource;
use jcode_session_core::source::identity::Fingerprint;
use std::convert::Infallible;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::mpsc::{SyncSender, sync_channel};

/// Bytes that are written at once.
const CHUNK: usize = 256 << 10;
/// Bytes between two syncs.
const SYNC_EVERY: usize = 8 << 20;

/// Builds in memory.
pub(super) fn build_small(
    log: &LogFile,
    known: &Known,
    tick: &mut Tick<'_>,
) -> Result<(Vec<u8>, IndexMeta), RebuildError> {
    build(log, Vec::new(), known, tick, |never: Infallible| match never {})
}

/// Builds into an empty file.
pub(super) fn build_large(
    file: &File,
    log: &LogFile,
    known: &Known,
    tick: &mut Tick<'_>,
) -> Result<IndexMeta, RebuildError> {
    std::thread::scope(|scope| {
        let (written, due) = sync_channel(1);
        let syncer = scope.spawn(move || due.into_iter().try_for_each(|()| file.sync_data()));
        let failed = |error| RebuildError::from(PathError::new("write", &paths::sidecar(log.path()))(error));
        let image = OnDisk { file, from: 0, pending: Vec::with_capacity(CHUNK), unsynced: 0, written };
        let (mut image, meta) = build(log, image, known, tick, failed)?;
        image.flush().map_err(failed)?;
        drop(image);
        // The system reports a failed sync only once: a later sync of the same file may succeed.
        let synced = syncer.join().unwrap_or_else(|_| Err(io::Error::other("the syncing thread failed")));
        synced.map_err(PathError::new("sync", &paths::sidecar(log.path())))?;
        Ok(meta)
    })
}

fn build<F: ImageFile>(
    log: &LogFile,
    file: F,
    known: &Known,
    tick: &mut Tick<'_>,
    failed: impl Fn(F::Error) -> RebuildError,
) -> Result<(F, IndexMeta), RebuildError> {
    let fingerprint = Fingerprint::take(log, log.len())?;
    let mut image = ImageBuilder::new(file);
    let mut builder = IndexBuilder::new(&mut image);
    let workers = Workers::for_log(log.len());
    let read = scan_on(&workers, log, 0..log.len(), LogScan::new(), &mut builder, &mut |bytes| tick(bytes))
        .map(|end| (end, builder.finish_at(&end).without_rows()));
    if let Some(error) = image.take_failed() {
        return Err(failed(error));
    }
    let (end, built) = read?;
    let meta = meta(log, &built, &end, fingerprint, known);
    let file = image.finish(&built, &meta).map_err(failed)?;
    Ok((file, meta))
}

fn meta(log: &LogFile, built: &Built<()>, end: &ScanEnd, fingerprint: Fingerprint, known: &Known) -> IndexMeta {
    let stem = paths::stem(log.path());
    let observed = Observed { stamp: log.stamp(), now_ms: host::now_ms(), synced_len: known.synced_len };
    let meta = IndexMeta::built(built, end, fingerprint, observed, &stem);
    let Known { migrated_from, migrated_at, .. } = known.clone();
    IndexMeta { migrated_from, migrated_at, ..meta }
}

/// An image on the disk. Pages that follow each other are written together.
struct OnDisk<'f> {
    file: &'f File,
    /// Offset of `pending`.
    from: u64,
    pending: Vec<u8>,
    /// Bytes since the last sync began.
    unsynced: usize,
    written: SyncSender<()>,
}

impl OnDisk<'_> {
    fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.file.seek(SeekFrom::Start(self.from))?;
        self.file.write_all(&self.pending)?;
        self.from += self.pending.len() as u64;
        self.unsynced += self.pending.len();
        self.pending.clear();
        if self.unsynced > SYNC_EVERY {
            self.unsynced = 0;
            // If a sync is still running, the next one covers this.
            let _ = self.written.try_send(());
        }
        Ok(())
    }
}

impl ImageFile for OnDisk<'_> {
    type Error = io::Error;

    fn write(&mut self, offset: u64, page: &[u8; PAGE]) -> io::Result<()> {
        if offset != self.from + self.pending.len() as u64 || self.pending.len() >= CHUNK {
            self.flush()?;
            self.from = offset;
        }
        self.pending.extend_from_slice(page);
        Ok(())
    }

    fn read(&mut self, offset: u64, page: &mut [u8; PAGE]) -> io::Result<()> {
        self.flush()?;
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read_exact(page)
    }
}
