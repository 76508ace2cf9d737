//! Opening a session for writing.
//!
//! Owns: the order of lock, synced length, recovery, sealing and threads.
//! Invariant: nothing of a session is touched before its lock is held.
//! Does not: recover; core does.

use super::group::Shared;
use super::ids::Ids;
use super::index_queue::{IndexQueue, QueueSender};
use super::indexer::Indexer;
use super::{Writer, syncer};
use crate::ops::recover::synced_len;
use crate::ops::seal::{self, Segments};
use crate::os::files::{self, PathError};
use crate::os::host;
use crate::os::lock::{LockError, SessionLock};
use crate::os::log_file::LogFile;
use crate::os::segments::{self, SessionFile, SessionStorage};
use crate::os::storage::no_follow;
use crate::os::threads::{Arc, thread};
use crate::session::kind;
use jcode_session_core::dialect::{FileKind, Other, What};
use jcode_session_core::storage::StorageFile;
use jcode_session_core::store::checkpoint::Policy;
use jcode_session_core::write::{self, Durability, LogWriter, NewHeader, OpenOptions, ScannedIds};
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
        must_be_writable(log, options)?;
        let mut lock = SessionLock::acquire(log)?;
        // A process that changes its folder must not look for the log in another one.
        let log = &std::path::absolute(log).map_err(PathError::new("find", log))?;
        let before = files::stamp(log)?;
        let header = options.create.as_ref().map(|new| header(log, new)).transpose()?;
        let ahead = options.durability.indexes_ahead();
        let queue = Arc::new(IndexQueue::new(ahead));
        let storage = segments::storage(log);
        let open = || open_log(log, &storage, options.durability, header.as_deref(), &queue);
        let (mut writer, mut opened) = open()?;
        if let Some(segments) = options.segments
            && seal::is_due(&opened.file, opened.len, segments)
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
        let as_opened = before.filter(|_| opened.recovery.set_aside.is_none());
        let shared = Arc::new(Shared::new(writer));
        let indexer = Indexer::new(to_index(log, &opened)?, Arc::clone(&queue), ahead, options.checkpoints);
        let thread = |name: &str| thread::Builder::new().name(name.to_string());
        let indexer = thread("jcode-sidecar").spawn(move || indexer.run()).map_err(PathError::new("index", log))?;
        let mut this = Self {
            shared,
            queue,
            syncer: None,
            indexer: Some(indexer),
            session_id: opened.session_id,
            recovery: opened.recovery,
            lock,
            listed: None,
            as_opened,
            segments: options.segments.map(|segments| (log.to_path_buf(), segments)),
        };
        if options.durability.sync_bounds().is_some() {
            let shared = Arc::clone(&this.shared);
            let syncer = thread("jcode-sync").spawn(move || syncer::run(&shared));
            this.syncer = Some(syncer.map_err(PathError::new("sync", log))?);
        }
        Ok(this)
    }
}

/// Refuses what is no log, or none that is written, before anything lies beside it; under the lock core asks again.
fn must_be_writable(log: &Path, options: &WriterOptions) -> Result<(), OpenError> {
    let Some(detected) = kind::judge(log)? else { return Ok(()) };
    match detected.kind {
        // A program made it for its session and has not written yet.
        FileKind::Other(Other { what: What::Empty, .. }) if options.create.is_some() => Ok(()),
        _ => match detected.writable() {
            Ok(_) => Ok(()),
            Err(refused) => Err(OpenError::Log { path: log.to_path_buf(), source: refused.into() }),
        },
    }
}

type Opening = (LogWriter<SessionStorage, QueueSender>, write::Opened<SessionFile>);

fn open_log(
    log: &Path,
    storage: &SessionStorage,
    durability: Durability,
    header: Option<&[u8]>,
    queue: &Arc<IndexQueue>,
) -> Result<Opening, OpenError> {
    let core = OpenOptions { durability, synced_len: synced_len(log, storage), header, now_ms: host::now_ms() };
    let opened = LogWriter::open(storage, &core, QueueSender(Arc::clone(queue)), |opened| {
        let scanned = ScannedIds::new(opened.file.clone());
        match LogFile::open(log) {
            Ok(log) => Box::new(Ids::new(&log, scanned)),
            Err(_) => Box::new(scanned),
        }
    });
    opened.map_err(|source| OpenError::Log { path: log.to_path_buf(), source })
}

/// The log that was opened for writing, as its index sees it.
fn to_index(log: &Path, opened: &write::Opened<SessionFile>) -> Result<LogFile, OpenError> {
    let failed = |source| OpenError::Log { path: log.to_path_buf(), source };
    let mut indexed = LogFile::open(log)?;
    let stamp = opened.file.stamp().map_err(|error| failed(error.into()))?;
    if !indexed.file_stamp().is_same_file(&stamp) {
        return Err(failed(write::OpenError::Changed));
    }
    indexed.see(opened.len);
    Ok(indexed)
}

fn header(log: &Path, new: &NewSession) -> Result<Vec<u8>, OpenError> {
    let session_id = new.session_id.clone().unwrap_or_else(host::new_id);
    let parent_session = new.parent_session.as_deref();
    let header = NewHeader { session_id: &session_id, now_ms: host::now_ms(), cwd: &new.cwd, parent_session };
    header.line().ok_or_else(|| OpenError::HeaderTooLong(log.to_path_buf()))
}
