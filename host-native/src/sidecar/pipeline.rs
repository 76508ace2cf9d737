//! The build pipeline: from the bytes of a log to the rows of a sidecar.
//!
//! Owns: the batches of rows between the reading and the inserting thread, and a thread that syncs early batches while
//! later ones are written, so that the final sync is short.
//! Invariant: at most a few batches are in flight. Memory does not grow with the log, apart from core's ids.

use crate::os::files::PathError;
use crate::os::log_file::LogFile;
use crate::os::workers::Workers;
use crate::os::{host, paths};
use crate::sidecar::outcome::{Known, RebuildError, Tick};
use crate::sidecar::sql::{BulkLoad, create_schema};
use jcode_session_core::index::meta::{IndexMeta, Observed};
use jcode_session_core::index::row::{Row, RowSink};
use jcode_session_core::index::{Built, IndexBuilder};
use jcode_session_core::log::{LogScan, ScanEnd, scan_on};
use jcode_session_core::source::identity::Fingerprint;
use jcode_session_core::source::{ByteSource, SourceError};
use rusqlite::Connection;
use std::borrow::Cow;
use std::fs::File;
use std::ops::{ControlFlow, Range};
use std::sync::mpsc::{SyncSender, sync_channel};

/// Rows per batch, and batches in flight.
const BATCH: usize = 1024;
const IN_FLIGHT: usize = 4;
/// Number of batches between two syncs: some megabytes.
const SYNC_EVERY: usize = 48;

/// Builds on the calling thread.
pub(super) fn build_small(
    connection: &Connection,
    log: &LogFile,
    known: &Known,
    tick: &mut Tick<'_>,
) -> Result<IndexMeta, RebuildError> {
    create_schema(connection)?;
    let mut load = BulkLoad::begin(connection)?;
    let mut failed = None;
    let direct = Direct { load: &mut load, failed: &mut failed };
    let fingerprint = Fingerprint::take(log, log.len())?;
    let read = read(log, direct, tick);
    if let Some(error) = failed {
        return Err(error.into());
    }
    let (built, end) = read?;
    let meta = meta(log, &built, &end, fingerprint, known);
    load.finish(&built, &meta)?;
    Ok(meta)
}

/// Builds with three threads: one reads the log, the calling thread fills SQLite, whose file is `file`, and one syncs.
pub(super) fn build_large(
    connection: &Connection,
    file: &File,
    log: &LogFile,
    known: &Known,
    tick: &mut Tick<'_>,
) -> Result<IndexMeta, RebuildError> {
    create_schema(connection)?;
    let mut load = BulkLoad::begin(connection)?;
    let fingerprint = Fingerprint::take(log, log.len())?;
    std::thread::scope(|scope| {
        let (sender, batches) = sync_channel(IN_FLIGHT);
        let reader = scope.spawn(move || {
            let mut batcher = Batcher { batch: Batch::default(), sender };
            let read = read(log, &mut batcher, tick);
            // A closed channel means that the inserting side failed; that side reports the error.
            let _ = batcher.sender.send(batcher.batch);
            read
        });
        let (written, due) = sync_channel(1);
        let syncer = scope.spawn(move || due.into_iter().try_for_each(|()| file.sync_data()));
        let mut filled = Ok(());
        for (number, batch) in batches.iter().enumerate() {
            filled = fill(&mut load, number, &batch);
            if filled.is_err() {
                break;
            }
            if number % SYNC_EVERY == SYNC_EVERY - 1 {
                // If a sync is still running, the next one covers these batches.
                let _ = written.try_send(());
            }
        }
        drop((batches, written));
        let read = reader.join().unwrap_or(Err(SourceError::Interrupted));
        filled?;
        let (built, end) = read?;
        let meta = meta(log, &built, &end, fingerprint, known);
        load.finish(&built, &meta)?;
        // The system reports a failed sync only once: a later sync of the same file may succeed.
        let synced = syncer.join().unwrap_or_else(|_| Err(std::io::Error::other("the syncing thread failed")));
        synced.map_err(PathError::new("sync", &paths::sidecar(log.path())))?;
        Ok(meta)
    })
}

/// Inserts a batch. If the ids of the first batch ascend, the indexes are built along with the rows.
fn fill(load: &mut BulkLoad<'_>, number: usize, batch: &Batch) -> rusqlite::Result<()> {
    if number == 0 && batch.rows.len() == BATCH && batch.rows().is_sorted_by(|a, b| a.id < b.id) {
        load.index_along()?;
    }
    batch.rows().try_for_each(|row| load.row(&row))
}

fn read(log: &LogFile, rows: impl RowSink, tick: &mut Tick<'_>) -> Result<(Built<()>, ScanEnd), SourceError> {
    let mut builder = IndexBuilder::new(rows);
    let end = scan_on(&Workers::for_log(log.len()), log, 0..log.len(), LogScan::new(), &mut builder, &mut |bytes| {
        tick(bytes)
    })?;
    Ok((builder.finish_at(&end).without_rows(), end))
}

fn meta(log: &LogFile, built: &Built<()>, end: &ScanEnd, fingerprint: Fingerprint, known: &Known) -> IndexMeta {
    let stem = paths::stem(log.path());
    let observed = Observed { stamp: log.stamp(), now_ms: host::now_ms(), synced_len: known.synced_len };
    let meta = IndexMeta::built(built, end, fingerprint, observed, &stem);
    let Known { migrated_from, migrated_at, .. } = known.clone();
    IndexMeta { migrated_from, migrated_at, ..meta }
}

/// A sink that inserts rows directly into SQLite.
struct Direct<'d, 'c> {
    load: &'d mut BulkLoad<'c>,
    failed: &'d mut Option<rusqlite::Error>,
}

impl RowSink for Direct<'_, '_> {
    fn row(&mut self, row: Row<'_>) -> ControlFlow<()> {
        match self.load.row(&row) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                *self.failed = Some(error);
                ControlFlow::Break(())
            }
        }
    }
}

/// A sink that collects rows into batches for another thread.
struct Batcher {
    batch: Batch,
    sender: SyncSender<Batch>,
}

impl RowSink for &mut Batcher {
    fn row(&mut self, row: Row<'_>) -> ControlFlow<()> {
        self.batch.push(&row);
        if self.batch.rows.len() < BATCH {
            return ControlFlow::Continue(());
        }
        match self.sender.send(std::mem::take(&mut self.batch)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

/// Rows whose texts lie back to back in one buffer.
#[derive(Default)]
struct Batch {
    text: String,
    rows: Vec<Packed>,
}

/// One row of a batch: its fields without texts, and the ranges of its texts.
struct Packed {
    row: Row<'static>,
    id: Range<usize>,
    parent_id: Option<Range<usize>>,
    kind: Range<usize>,
}

impl Batch {
    fn push(&mut self, row: &Row<'_>) {
        let packed = Packed {
            id: self.text(&row.id),
            parent_id: row.parent_id.as_deref().map(|parent| self.text(parent)),
            kind: self.text(&row.kind),
            row: Row { id: Cow::Borrowed(""), parent_id: None, kind: Cow::Borrowed(""), ..*row },
        };
        self.rows.push(packed);
    }

    fn text(&mut self, text: &str) -> Range<usize> {
        let start = self.text.len();
        self.text.push_str(text);
        start..self.text.len()
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let text = |range: &Range<usize>| Cow::Borrowed(&self.text[range.clone()]);
        self.rows.iter().map(move |packed| Row {
            id: text(&packed.id),
            parent_id: packed.parent_id.as_ref().map(text),
            kind: text(&packed.kind),
            ..packed.row
        })
    }
}
