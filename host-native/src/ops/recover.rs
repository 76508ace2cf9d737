//! Recovery before a log is changed: sets aside what a crash left behind the last whole line.
//!
//! Owns: how much of the log is known to be on the disk.
//! Invariant: the caller holds the session's lock.

use crate::os::host;
use crate::os::log_file::LogFile;
use crate::os::segments::{self, SessionStorage};
use crate::sidecar::connect::{Purpose, connect};
use crate::sidecar::sql::read_meta;
use jcode_session_core::index::meta::IndexMeta;
use jcode_session_core::source::ByteSource;
use jcode_session_core::source::identity::Fingerprint;
use jcode_session_core::storage::{Place, Storage};
use jcode_session_core::write::{self, LogWriter, NoObserver, NoOlderIds, OpenOptions};
use std::path::Path;

/// Recovers a log, so that it ends in a whole line. The caller holds its lock.
pub(crate) fn recover(log: &Path) -> Result<(), write::OpenError> {
    let storage = segments::storage(log);
    let synced_len = synced_len(log, &storage);
    let core = OpenOptions { synced_len, now_ms: host::now_ms(), ..OpenOptions::default() };
    LogWriter::open(&storage, &core, NoObserver, |_| Box::new(NoOlderIds)).map(|_| ())
}

/// The length of the log that is known to be on the disk.
///
/// The stored `synced_len` holds even in a sidecar that a power cut tore, if its metadata is intact and belongs to this
/// log: every length was synced in the log before it was stored. Bytes in segments are durable too.
pub(crate) fn synced_len(log: &Path, storage: &SessionStorage) -> Option<u64> {
    // Opened for writing, because that rolls back the transaction of a killed writer.
    let connection = connect(log, Purpose::Update).ok()?;
    let meta = read_meta(&connection).ok()??;
    let log = LogFile::open(log).ok()?;
    let durable = storage.open(&Place::Log).ok()?.durable_len();
    (meta.synced_len > 0 && is_of(&meta, &log)).then_some(meta.synced_len.max(durable))
}

/// Whether the metadata belongs to this log: the indexed content is unchanged, or, if the log is shorter now, the file
/// is the same.
fn is_of(meta: &IndexMeta, log: &LogFile) -> bool {
    let (then, now) = (meta.stamp, log.stamp());
    if log.len() >= then.len {
        return Fingerprint::take(log as &dyn ByteSource, then.len).is_ok_and(|taken| taken == meta.fingerprint);
    }
    (then.dev, then.ino) == (now.dev, now.ino)
}
