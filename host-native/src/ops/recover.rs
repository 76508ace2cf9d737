//! Recovery before a log is changed: what a crash left behind its whole lines is set aside.
//!
//! Owns: how much of the log is known to be on the disk.
//! Invariant: called under the session's lock.

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

/// Brings a log to whole lines, under its lock.
pub(crate) fn recover(log: &Path) -> Result<(), write::OpenError> {
    let storage = segments::storage(log);
    let synced_len = synced_len(log, &storage);
    let core = OpenOptions { synced_len, now_ms: host::now_ms(), ..OpenOptions::default() };
    LogWriter::open(&storage, &core, NoObserver, |_| Box::new(NoOlderIds)).map(|_| ())
}

/// How much of the log is known to be on the disk.
///
/// Even a sidecar that a power cut tore says so, if its metadata holds together and belongs to this log: every length
/// that was ever stored there had been synced before. What stands in segments was, too.
pub(crate) fn synced_len(log: &Path, storage: &SessionStorage) -> Option<u64> {
    // For writing: that is what takes back the transaction of a killed writer.
    let connection = connect(log, Purpose::Update).ok()?;
    let meta = read_meta(&connection).ok()??;
    let log = LogFile::open(log).ok()?;
    let durable = storage.open(&Place::Log).ok()?.durable_len();
    (meta.synced_len > 0 && is_of(&meta, &log)).then_some(meta.synced_len.max(durable))
}

/// The metadata is about this log: its content as far as it was indexed, or, where that is gone, its file.
fn is_of(meta: &IndexMeta, log: &LogFile) -> bool {
    let (then, now) = (meta.stamp, log.stamp());
    if log.len() >= then.len {
        return Fingerprint::take(log as &dyn ByteSource, then.len).is_ok_and(|taken| taken == meta.fingerprint);
    }
    (then.dev, then.ino) == (now.dev, now.ino)
}
