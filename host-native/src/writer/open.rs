//! Opens a session for writing.
//!
//! Owns: the order of lock, synced length, recovery, sealing and what works behind the writer.
//! Invariant: nothing of a session is touched before its lock is held, for life or for a turn.
//! Does not: recover; core does.

use super::group::{Shared, Syncer};
use super::ids::Ids;
use super::index_queue::{IndexQueue, QueueSender};
use super::indexer::{Indexer, Indexing};
use super::lane::{self, Work};
use super::listing::Listed;
use super::{Held, Turns, Writer};
use crate::ops::recover::synced_len;
use crate::ops::seal::{self, Segments};
use crate::os::files::{self, PathError};
use crate::os::host;
use crate::os::lock::{LockError, SessionLock};
use crate::os::log_file::LogFile;
use crate::os::opening::open_itself;
use crate::os::segments::{self, SessionFile, SessionStorage};
use crate::os::threads::{Arc, Mutex};
use crate::os::turn::TurnLock;
use crate::session::kind;
use jcode_session_core::dialect::jcode::{Birth, Fields};
use jcode_session_core::dialect::{FileKind, Other, What};
use jcode_session_core::source::go_on;
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::storage::StorageFile;
use jcode_session_core::store::checkpoint::Policy;
use jcode_session_core::write::{self, Durability, LogWriter, NewHeader, OpenOptions, ScannedIds};
use std::path::Path;

/// Options for opening a session.
#[derive(Debug, Clone, Default)]
pub struct WriterOptions {
    /// When appends are acknowledged.
    pub durability: Durability,
    /// When checkpoints are taken.
    pub checkpoints: Policy,
    /// Make the log if it does not exist.
    pub create: Option<NewSession>,
    /// Seal older lines into segments when the session is opened and closed; not, if `None`. Writers that take turns
    /// never do: a log that gets another layout is another file to all others.
    pub segments: Option<Segments>,
    /// For how long the session is locked.
    pub lock: LockMode,
}

/// For how long a writer locks its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LockMode {
    /// As long as it is open: nobody else writes meanwhile.
    #[default]
    Lifetime,
    /// For one append, batch or flush at a time. Before it, what others appended is taken in: the default parent is the
    /// leaf that is found then. In `throughput` it is handed to the system when the turn ends.
    Batch,
}

/// The content of a new log's header.
#[derive(Debug, Clone, Default)]
pub struct NewSession {
    /// The session's id; `None`: a new one.
    pub session_id: Option<String>,
    /// The working directory.
    pub cwd: String,
    /// The log that this one was forked from.
    pub parent_session: Option<String>,
    /// The fields of a session of jcode, which the header then says; those above are for what they lack. What is too
    /// large for a header ([`Birth::large`]) is left for the caller to append.
    pub jcode: Fields,
}

/// Why a session was not opened for writing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process writes the session, or it cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The log cannot be written.
    #[error("{}: {source}", path.display())]
    Log {
        /// The log.
        path: std::path::PathBuf,
        /// The reason.
        source: write::OpenError,
    },
    /// A file operation failed.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The new header would be longer than 64 KiB.
    #[error("the header of {} would be longer than 64 KiB", .0.display())]
    HeaderTooLong(std::path::PathBuf),
}

impl Writer {
    /// Opens a session for writing. Recovers an existing log, or makes a new one.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(log: &Path, options: &WriterOptions) -> Result<Self, OpenError> {
        must_be_writable(log, options)?;
        // A process that changes its folder must not look for the log in another one.
        let log = &std::path::absolute(log).map_err(PathError::new("find", log))?;
        match options.lock {
            LockMode::Lifetime => {
                let mut lock = SessionLock::acquire(log)?;
                let started = Self::start(log, options, Locked::ForLife(&mut lock))?;
                if started.created {
                    lock.lock_inode(open_itself(log)?)?;
                }
                started.run(log, options, Held::Lifetime(lock))
            }
            LockMode::Batch => {
                let mut lock = TurnLock::open(log)?;
                let others = lock.may_have_others();
                let mut turn = lock.take()?;
                let started = Self::start(log, options, Locked::ForATurn { others }).and_then(|started| {
                    if started.created {
                        turn.lock_new()?;
                    }
                    Ok(started)
                });
                if started.is_err() && !others {
                    turn.remove_file();
                }
                drop(turn);
                let started = started?;
                started.run(log, options, Held::Turns(Mutex::new(Turns { lock, untold: None })))
            }
        }
    }

    /// Opens the log, whose lock is held.
    fn start(log: &Path, options: &WriterOptions, mut locked: Locked<'_>) -> Result<Started, OpenError> {
        let before = files::stamp(log)?;
        let header = options.create.as_ref().map(|new| header(log, new)).transpose()?;
        let queue = Arc::new(IndexQueue::new(options.durability.indexes_ahead()));
        let storage = segments::storage(log);
        let is_one_of_several = locked.is_one_of_several();
        let open = || {
            let core = OpenOptions {
                durability: options.durability,
                synced_len: if is_one_of_several { None } else { synced_len(log, &storage) },
                header: header.as_deref(),
                now_ms: host::now_ms(),
                takes_turns: options.lock == LockMode::Batch,
            };
            open_log(log, &storage, &core, &queue)
        };
        let (mut writer, mut opened) = open()?;
        if let (Some(segments), Locked::ForLife(lock)) = (options.segments, &mut locked)
            && seal::is_due(&opened.file, opened.len, segments)
        {
            // One that cannot be sealed is written as it is; closing tries again, and says why.
            let _ = seal::held(log, lock, segments, &mut go_on);
            let recovery = opened.recovery;
            (writer, opened) = open()?;
            opened.recovery = recovery;
        }
        let indexed = to_index(log, &opened)?;
        Ok(Started {
            writer,
            as_opened: before.filter(|_| opened.recovery.set_aside.is_none()),
            indexed,
            queue,
            created: opened.created,
            session_id: opened.session_id,
            recovery: opened.recovery,
        })
    }
}

/// How the session's lock is held while it is opened.
enum Locked<'l> {
    ForLife(&'l mut SessionLock),
    ForATurn {
        /// Other writers may have the session open.
        others: bool,
    },
}

impl Locked<'_> {
    const fn is_one_of_several(&self) -> bool {
        matches!(self, Self::ForATurn { others: true })
    }
}

/// A writer without what works behind it.
struct Started {
    writer: LogWriter<SessionStorage, QueueSender>,
    indexed: LogFile,
    queue: Arc<IndexQueue>,
    /// What the log was before it was opened, unless opening changed it.
    as_opened: Option<FileStamp>,
    created: bool,
    session_id: Option<String>,
    recovery: write::Recovery,
}

impl Started {
    fn run(self, log: &Path, options: &WriterOptions, lock: Held) -> Result<Writer, OpenError> {
        let Self { writer, indexed, queue, as_opened, session_id, recovery, .. } = self;
        let shared = Arc::new(Shared::new(writer));
        let listed = Listed::default();
        let indexing = Arc::new(Indexing::new(Indexer::new(indexed, Arc::clone(&queue), options, Arc::clone(&listed))));
        queue
            .begin(lane::SIDECARS.enter(Arc::clone(&indexing) as Arc<dyn Work>).map_err(PathError::new("index", log))?);
        let this = Writer {
            shared,
            queue,
            indexing: Some(indexing),
            session_id,
            recovery,
            lock,
            listed,
            as_opened,
            searched: None,
            segments: options
                .segments
                .filter(|_| options.lock == LockMode::Lifetime)
                .map(|segments| (log.to_path_buf(), segments)),
        };
        if options.durability.sync_bounds().is_some() {
            let work = Arc::clone(&this.shared) as Arc<dyn Work>;
            let ticket = lane::SYNCS.enter(work).map_err(PathError::new("sync", log))?;
            let _ = this.shared.syncs.set(ticket);
            this.shared.lock().syncer = Syncer::Idle;
        }
        Ok(this)
    }
}

/// Refuses a file that is no log, or whose format is never written, before anything is written beside it. Core checks
/// again under the lock.
fn must_be_writable(log: &Path, options: &WriterOptions) -> Result<(), OpenError> {
    let Some(detected) = kind::judge(log)? else { return Ok(()) };
    match detected.kind {
        // A program made the file for its session and has not written to it yet.
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
    core: &OpenOptions<'_>,
    queue: &Arc<IndexQueue>,
) -> Result<Opening, OpenError> {
    let opened = LogWriter::open(storage, core, QueueSender(Arc::clone(queue)), |opened| {
        let scanned = ScannedIds::new(opened.file.clone());
        match LogFile::open(log) {
            Ok(log) => Box::new(Ids::new(&log, scanned)),
            Err(_) => Box::new(scanned),
        }
    });
    opened.map_err(|source| OpenError::Log { path: log.to_path_buf(), source })
}

/// The log that was opened for writing, as a source for the indexer.
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
    if !new.jcode.is_empty() {
        let birth = Birth::of(&new.jcode, &session_id, parent_session, host::now_ms());
        return birth.map(|birth| birth.header).ok_or_else(|| OpenError::HeaderTooLong(log.to_path_buf()));
    }
    let header = NewHeader { session_id: &session_id, now_ms: host::now_ms(), cwd: &new.cwd, parent_session };
    header.line().ok_or_else(|| OpenError::HeaderTooLong(log.to_path_buf()))
}
