//! A session, open for reading.
//!
//! Owns: which of three answers a question: the fresh sidecar, the end of the log, or an index built in memory.
//! Invariant: all three give the same answer. What a sidecar says about an entry is compared with the entry's own
//! line before it is given; a sidecar that is caught lying is dropped, and the log answers.
//! Does not: write, except that [`Session::open`] may bring the sidecar up to date in the background.

mod locate;
mod path;
mod resume;

use crate::fs::{LogFile, PathError};
use crate::paths;
use crate::rebuild::{self, RebuildError};
use crate::sidecar::{self, Sidecar};
use crate::v1::{self, V1Files};
use jcode_session_core::index::{IndexBuilder, Tree};
use jcode_session_core::log::tail::Span;
use jcode_session_core::log::{Dialect, Header, LogScan, scan_source};
use jcode_session_core::report::TreeReport;
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::upgrade::jcode::{self, ReplayError, replay};
use jcode_session_core::upgrade::{Presented, present, sniff};
use locate::{Locator, MemoryIndex, Spot};
pub use resume::{Compaction, Resume};
use std::cell::OnceCell;
use std::ops::ControlFlow;
use std::path::Path;
use std::thread::JoinHandle;

/// Why a session could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The log cannot be opened.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The log cannot be read.
    #[error("{}: {source}", path.display())]
    Log {
        /// The log.
        path: std::path::PathBuf,
        /// Why.
        source: SourceError,
    },
    /// The v1 files cannot be read as a session.
    #[error("{}: {source}", path.display())]
    V1 {
        /// The snapshot.
        path: std::path::PathBuf,
        /// Why.
        source: ReplayError,
    },
    /// There is no such entry.
    #[error("{}: no entry `{key}`; `tree` lists the leaves, `show --file-order` all entries", path.display())]
    NoEntry {
        /// The log.
        path: std::path::PathBuf,
        /// What was asked for.
        key: String,
    },
}

/// An entry: its key and its own line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Offset of the line.
    pub offset: u64,
    /// The line, without its LF.
    pub line: Vec<u8>,
}

/// A sidecar that is being brought up to date in the background.
pub type Rebuild = JoinHandle<Result<(), RebuildError>>;

/// A session, open for reading.
#[derive(Debug)]
pub struct Session {
    log: Presented<LogFile>,
    path: std::path::PathBuf,
    dialect: Dialect,
    header: Option<Header>,
    sidecar: Option<crate::sql::SidecarReader>,
    memory: OnceCell<MemoryIndex>,
}

impl Session {
    /// Opens a session for reading and writes nothing.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn read(path: &Path) -> Result<Self, SessionError> {
        if v1::is_snapshot(path) {
            return Self::read_v1(path);
        }
        let mut log = LogFile::open(path)?;
        let state = sidecar::open(&log).map_err(at(path))?;
        let sidecar = match state {
            Sidecar::Fresh { reader, .. } => Some(reader),
            _ => {
                log.map_if_guarded();
                None
            }
        };
        let (sniffed, log) = present(log, &mut |_| ControlFlow::Continue(())).map_err(at(path))?;
        Ok(Self {
            // A sidecar describes the current dialect's bytes; it cannot belong to what is spliced.
            sidecar: sidecar.filter(|_| matches!(log, Presented::AsIs(_))),
            log,
            path: path.to_path_buf(),
            dialect: sniffed.dialect,
            header: sniffed.header,
            memory: OnceCell::new(),
        })
    }

    /// Opens a v1 session as the log that migration would write.
    fn read_v1(path: &Path) -> Result<Self, SessionError> {
        let unreadable = |source| SessionError::V1 { path: path.to_path_buf(), source };
        let sources = V1Files::beside(path).open()?;
        let replayed = replay(sources, &mut |_| ControlFlow::Continue(())).map_err(unreadable)?;
        let log = Presented::Replayed(jcode::present(replayed).map_err(unreadable)?);
        let header = sniff(&log).map_err(at(path))?.header;
        let memory = OnceCell::new();
        Ok(Self { log, path: path.to_path_buf(), dialect: Dialect::JcodeV1, header, sidecar: None, memory })
    }

    /// Opens a session; if its sidecar is not fresh, a background thread brings it up to date meanwhile, while reads
    /// are answered from the log. The thread ends by itself; joining its handle is up to the caller.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn open(path: &Path) -> Result<(Self, Option<Rebuild>), SessionError> {
        let session = Self::read(path)?;
        if session.sidecar.is_some() || session.dialect != Dialect::TreeV3 {
            return Ok((session, None));
        }
        let path = path.to_path_buf();
        let rebuild = std::thread::spawn(move || {
            let mut log = LogFile::open(&path)?;
            log.map_if_guarded();
            rebuild::update(&log, false, &mut |_| ControlFlow::Continue(()))?;
            Ok(())
        });
        Ok((session, Some(rebuild)))
    }

    /// The path by which it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The dialect of the log as it stands.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The header, if the log has one.
    #[must_use]
    pub const fn header(&self) -> Option<&Header> {
        self.header.as_ref()
    }

    /// The session's id: the header's, else the file's stem.
    #[must_use]
    pub fn id(&self) -> String {
        let id = self.header.as_ref().and_then(|header| header.session_id.clone());
        id.unwrap_or_else(|| paths::stem(&self.path))
    }

    /// The log as the current dialect.
    #[must_use]
    pub fn bytes(&self) -> &dyn ByteSource {
        &self.log
    }

    /// True if a fresh sidecar answers.
    #[must_use]
    pub const fn has_sidecar(&self) -> bool {
        self.sidecar.is_some()
    }

    /// The tree.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn tree(&self) -> Result<TreeReport, SessionError> {
        let from_sidecar: Option<Tree> = self.sidecar.as_ref().and_then(|sidecar| sidecar.tree().ok());
        let tree = match from_sidecar {
            Some(tree) => tree,
            None => self.memory()?.tree(),
        };
        Ok(TreeReport::new(self.id(), tree))
    }

    /// The entry with this key.
    ///
    /// # Errors
    /// If the log cannot be read, or there is no such entry.
    pub fn entry(&self, key: &str) -> Result<Entry, SessionError> {
        let mut found = None;
        self.ask(|locator| {
            let spot = self.spot(locator, Some(key))?.ok_or(Answer::Lies)?;
            let entry = self.claimed(&spot)?;
            locator.check(&spot, &entry, None)?;
            found = Some(entry);
            Ok(())
        })?;
        found.ok_or_else(|| SessionError::NoEntry { path: self.path.clone(), key: key.to_string() })
    }

    /// Number of entries.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn entry_count(&self) -> Result<u64, SessionError> {
        match &self.sidecar {
            Some(sidecar) => Ok(sidecar.meta().counts.entries),
            None => Ok(self.memory()?.entry_count()),
        }
    }

    /// Gives the last `count` entries of the log in file order, all if `None`.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn file_order(&self, count: Option<usize>, each: &mut dyn FnMut(Entry)) -> Result<(), SessionError> {
        let skip = match count {
            Some(count) => self.entry_count()?.saturating_sub(count as u64),
            None => 0,
        };
        let mut sink = locate::FileOrder { skip, each };
        let scanned =
            scan_source(&self.log, 0..self.log.len(), LogScan::new(), &mut sink, &mut |_| ControlFlow::Continue(()));
        scanned.map(|_| ()).map_err(at(&self.path))
    }

    /// The leaf that is asked for: by key, or the active one.
    fn spot(&self, locator: &dyn Locator, key: Option<&str>) -> Result<Option<Spot>, Answer> {
        match key {
            None => locator.last(),
            Some(key) => match locator.find(key)? {
                Some(spot) => Ok(Some(spot)),
                // The index in memory knows all there is; a sidecar may only lack it.
                None if locator.is_final() => {
                    Err(Answer::Fails(SessionError::NoEntry { path: self.path.clone(), key: key.to_string() }))
                }
                None => Err(Answer::Lies),
            },
        }
    }

    /// Asks the sidecar, and the log if that has no sound answer.
    fn ask(&self, mut question: impl FnMut(&dyn Locator) -> Result<(), Answer>) -> Result<(), SessionError> {
        if let Some(sidecar) = &self.sidecar {
            match question(sidecar) {
                Ok(()) => return Ok(()),
                Err(Answer::Fails(error)) => return Err(error),
                Err(Answer::Lies) => {}
            }
        }
        match question(self.memory()?) {
            Ok(()) => Ok(()),
            Err(Answer::Fails(error)) => Err(error),
            // It was built from the very bytes it is compared with: they changed since.
            Err(Answer::Lies) => {
                let len = self.log.len();
                Err(at(&self.path)(SourceError::Shrank { wanted: len, actual: len }))
            }
        }
    }

    fn memory(&self) -> Result<&MemoryIndex, SessionError> {
        if let Some(memory) = self.memory.get() {
            return Ok(memory);
        }
        let mut builder = IndexBuilder::new(locate::Spans::default());
        let scanned =
            scan_source(&self.log, 0..self.log.len(), LogScan::new(), &mut builder, &mut |_| ControlFlow::Continue(()));
        scanned.map_err(at(&self.path))?;
        Ok(self.memory.get_or_init(|| MemoryIndex::new(builder.finish())))
    }

    /// The line at a place that a locator names; a place outside the log shows that it lies.
    fn claimed(&self, spot: &Spot) -> Result<Entry, Answer> {
        if spot.span.offset.saturating_add(spot.span.len) > self.log.len() {
            return Err(Answer::Lies);
        }
        Ok(self.line(spot.span)?)
    }

    fn line(&self, span: Span) -> Result<Entry, SessionError> {
        let len = usize::try_from(span.len).unwrap_or(usize::MAX);
        let line = self.log.read_vec(span.offset, len).map_err(at(&self.path))?;
        Ok(Entry { offset: span.offset, line })
    }
}

/// Why a locator gave no answer.
#[derive(Debug)]
enum Answer {
    /// What it says is not what the log says: ask another one.
    Lies,
    /// Nobody can answer.
    Fails(SessionError),
}

impl From<SessionError> for Answer {
    fn from(error: SessionError) -> Self {
        Self::Fails(error)
    }
}

fn at(path: &Path) -> impl Fn(SourceError) -> SessionError {
    let path = path.to_path_buf();
    move |source| SessionError::Log { path: path.clone(), source }
}
