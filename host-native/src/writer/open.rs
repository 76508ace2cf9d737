//! Opening a session for writing.
//!
//! Owns: the order of lock, synced length, recovery, sealing and threads.
//! Invariant: nothing of a session is touched before its lock is held.
//! Does not: recover; core does.

use super::feed::{Feed, FeedEnd};
use super::ids::Ids;
use super::keeper::Keeper;
use super::{Shared, State, Writer, syncer};
use crate::ops::seal::{self, Segments};
use crate::os::files::PathError;
use crate::os::lock::{LockError, SessionLock};
use crate::os::log_file::LogFile;
use crate::os::segments::{self, SessionFile, SessionStorage};
use crate::os::storage::no_follow;
use crate::os::threads::{Arc, Condvar, Mutex, thread};
use crate::os::{host, paths};
use crate::sidecar::sql::read_meta;
use jcode_session_core::index::store::IndexMeta;
use jcode_session_core::source::ByteSource;
use jcode_session_core::source::identity::Fingerprint;
use jcode_session_core::storage::{Place, Storage};
use jcode_session_core::store::checkpoint::Policy;
use jcode_session_core::write::{
    self, Durability, LogWriter, NewHeader, NoObserver, NoOlderIds, OpenOptions, ScannedIds,
};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// How to open a session.
#[derive(Debug, Clone, Default)]
pub struct WriterOptions {
    /// When appends are acknowledged.
    pub durability: Durability,
    /// When checkpoints are taken.
    pub checkpoints: Policy,
    /// Make the log if there is none.
    pub create: Option<NewSession>,
    /// Seal older lines into segments when the session is opened and closed; not, if `None`.
    pub segments: Option<Segments>,
}

/// What a new log's header says.
#[derive(Debug, Clone, Default)]
pub struct NewSession {
    /// The session's id; a new one is made if there is none.
    pub session_id: Option<String>,
    /// The working directory.
    pub cwd: String,
    /// The log that this one was forked from.
    pub parent_session: Option<String>,
}

/// Why a session was not opened for writing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Somebody else writes it, or it cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The log cannot be written.
    #[error("{}: {source}", path.display())]
    Log {
        /// The log.
        path: std::path::PathBuf,
        /// Why.
        source: write::OpenError,
    },
    /// The file system refused.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The new header would be longer than a header may be.
    #[error("the header of {} would be longer than 64 KiB", .0.display())]
    HeaderTooLong(std::path::PathBuf),
}

impl Writer {
    /// Opens a session for writing, recovers what a crash left, or makes it.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(log: &Path, options: &WriterOptions) -> Result<Self, OpenError> {
        let mut lock = SessionLock::acquire(log)?;
        let header = options.create.as_ref().map(|new| header(log, new)).transpose()?;
        let ahead = options.durability == Durability::Throughput;
        let feed = Arc::new(Feed::new(ahead));
        let storage = segments::storage(log);
        let open = || open_log(log, &storage, options.durability, header.as_deref(), &feed);
        let (mut writer, mut opened) = open()?;
        if let Some(segments) = options.segments
            && seal::is_due(&storage, &opened.file, opened.len, segments)
        {
            // One that cannot be sealed is written as it is; closing tries again, and says why.
            let _ = seal::held(log, &mut lock, segments);
            let recovery = opened.recovery;
            (writer, opened) = open()?;
            opened.recovery = recovery;
        }
        if opened.created {
            let inode = no_follow(std::fs::OpenOptions::new().read(true)).open(log);
            lock.lock_inode(inode.map_err(PathError::new("open", log))?)?;
        }
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                log: writer,
                round: Arc::default(),
                waiting: 0,
                syncer: syncer::State::Busy,
                led: false,
                parked: Vec::new(),
                last_group: 0,
                closing: false,
            }),
            landed: Condvar::new(),
            due: Condvar::new(),
        });
        let keeper = Keeper::new(LogFile::open(log)?, Arc::clone(&feed), ahead, options.checkpoints);
        let thread = |name: &str| thread::Builder::new().name(name.to_string());
        let keeper = thread("jcode-sidecar").spawn(move || keeper.run()).map_err(PathError::new("index", log))?;
        let mut this = Self {
            shared,
            feed,
            syncer: None,
            keeper: Some(keeper),
            session_id: opened.session_id,
            recovery: opened.recovery,
            lock,
            listed: None,
            segments: options.segments.map(|segments| (log.to_path_buf(), segments)),
        };
        if matches!(options.durability, Durability::Balanced { .. }) {
            let shared = Arc::clone(&this.shared);
            let syncer = thread("jcode-sync").spawn(move || syncer::run(&shared));
            this.syncer = Some(syncer.map_err(PathError::new("sync", log))?);
        }
        Ok(this)
    }
}

type Opening = (LogWriter<SessionFile, FeedEnd>, write::Opened<SessionFile>);

fn open_log(
    log: &Path,
    storage: &SessionStorage,
    durability: Durability,
    header: Option<&[u8]>,
    feed: &Arc<Feed>,
) -> Result<Opening, OpenError> {
    let core = OpenOptions { durability, synced_len: synced_len(log, storage), header, now_ms: host::now_ms() };
    let opened = LogWriter::open(storage, &core, FeedEnd(Arc::clone(feed)), |opened| {
        let scanned = ScannedIds::new(opened.file.clone(), opened.len);
        match LogFile::open(log) {
            Ok(log) => Box::new(Ids::new(&log, scanned)),
            Err(_) => Box::new(scanned),
        }
    });
    opened.map_err(|source| OpenError::Log { path: log.to_path_buf(), source })
}

/// Brings a log to whole lines, under its lock.
pub(crate) fn recover(log: &Path) -> Result<(), write::OpenError> {
    let storage = segments::storage(log);
    let synced_len = synced_len(log, &storage);
    let core = OpenOptions { durability: Durability::default(), synced_len, header: None, now_ms: host::now_ms() };
    LogWriter::open(&storage, &core, NoObserver, |_| Box::new(NoOlderIds)).map(|_| ())
}

fn header(log: &Path, new: &NewSession) -> Result<Vec<u8>, OpenError> {
    let session_id = new.session_id.clone().unwrap_or_else(host::new_id);
    let parent_session = new.parent_session.as_deref();
    let header = NewHeader { session_id: &session_id, now_ms: host::now_ms(), cwd: &new.cwd, parent_session };
    header.line().ok_or_else(|| OpenError::HeaderTooLong(log.to_path_buf()))
}

/// How much of the log is known to be on the disk.
///
/// Even a sidecar that a power cut tore says so, if its metadata holds together and belongs to this log: every length
/// that was ever stored there had been synced before. What stands in segments was, too.
fn synced_len(log: &Path, storage: &SessionStorage) -> Option<u64> {
    let path = paths::sidecar(log);
    if !std::fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
        return None;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(&path, flags).ok()?;
    connection.execute_batch("PRAGMA trusted_schema=OFF").ok()?;
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
