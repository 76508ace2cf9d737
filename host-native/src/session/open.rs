//! A session, opened by its path for reading.
//!
//! Owns: opening the files of a session, and errors that name them. Core's session answers and keeps the invariants.
//! Invariant: nothing is written, except that [`Session::open`] may bring the sidecar up to date in the background.

use crate::os::files::PathError;
use crate::os::log_file::LogFile;
use crate::os::paths;
use crate::session::given::{AnyLog, Given};
use crate::session::v1::{self, V1Files};
use crate::sidecar::rebuild::{self, RebuildError};
use crate::sidecar::sql::SidecarReader;
use crate::sidecar::{self, Sidecar, is_untouched};
use jcode_session_core::dialect::jcode::replay;
use jcode_session_core::dialect::jcode::{self, ReplayError, V1Log, V1Sources};
use jcode_session_core::dialect::{CurrentLog, Detected, detect, present};
use jcode_session_core::log::{Dialect, Header};
use jcode_session_core::report::TreeReport;
use jcode_session_core::session::{self, Listed, Outline, ReadError};
pub use jcode_session_core::session::{Compaction, Edited, Edits, Entry, Resume};
use jcode_session_core::source::ByteSource;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::thread::JoinHandle;

/// Why a session could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The log cannot be opened.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The log cannot be read, or does not contain the requested entry.
    #[error("{}: {source}", path.display())]
    Log {
        /// The log.
        path: std::path::PathBuf,
        /// The reason.
        source: ReadError,
    },
    /// The v1 files cannot be read as a session.
    #[error("{}: {source}", path.display())]
    V1 {
        /// The snapshot.
        path: std::path::PathBuf,
        /// The reason.
        source: ReplayError,
    },
}

/// A sidecar that is being brought up to date in the background.
pub type Rebuild = JoinHandle<Result<(), RebuildError>>;

/// A session, open for reading.
#[derive(Debug)]
pub struct Session {
    path: std::path::PathBuf,
    inner: session::Session<AnyLog, SidecarReader>,
}

/// A log in the current dialect, and the offset of its header.
type Current = (CurrentLog<AnyLog>, Option<u64>);

/// The log at a path in the current dialect, and the offset of its header: for passes over the whole log.
pub(crate) fn current_log(path: &Path) -> Result<Current, SessionError> {
    if v1::is_snapshot(path) {
        return current_v1(path, v1_files(path)?);
    }
    let mut log = LogFile::open(path)?;
    let detected = detect(&log).map_err(at(path))?;
    log.map_if_guarded();
    current(path, AnyLog::file(log), detected)
}

/// Like [`current_log`], of bytes that another host gives; `path` is for messages.
pub(crate) fn current_given(path: &Path, given: Given) -> Result<Current, SessionError> {
    match given {
        Given::Log(bytes) => {
            let detected = detect(&bytes).map_err(at(path))?;
            current(path, AnyLog::Given(bytes), detected)
        }
        Given::V1(sources) => current_v1(path, AnyLog::of_v1(sources, AnyLog::Given)),
    }
}

fn current(path: &Path, log: AnyLog, detected: Detected) -> Result<Current, SessionError> {
    let log = present(log, &detected, &mut |_| ControlFlow::Continue(())).map_err(at(path))?;
    let header = if log.as_is().is_some() { detected.header } else { detect(&log).map_err(at(path))?.header };
    Ok((log, header.map(|header| header.offset)))
}

fn current_v1(path: &Path, sources: V1Sources<AnyLog>) -> Result<Current, SessionError> {
    let log = CurrentLog::Replayed(replayed(path, sources)?);
    let header = detect(&log).map_err(at(path))?.header;
    Ok((log, header.map(|header| header.offset)))
}

fn v1_files(path: &Path) -> Result<V1Sources<AnyLog>, SessionError> {
    Ok(AnyLog::of_v1(V1Files::beside(path).open()?, AnyLog::file))
}

/// A v1 session as the log that migration would write.
fn replayed(path: &Path, sources: V1Sources<AnyLog>) -> Result<V1Log<AnyLog>, SessionError> {
    let unreadable = |source| SessionError::V1 { path: path.to_path_buf(), source };
    let replayed = replay(sources, &mut |_| ControlFlow::Continue(())).map_err(unreadable)?;
    jcode::present(replayed).map_err(unreadable)
}

impl Session {
    /// Opens a session for reading. Writes nothing.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn read(path: &Path) -> Result<Self, SessionError> {
        if v1::is_snapshot(path) {
            return Self::of_v1(path, v1_files(path)?);
        }
        let mut log = LogFile::open(path)?;
        let detected = detect(&log).map_err(at(path))?;
        let sidecar = match sidecar::open(&log).map_err(at(path))? {
            Sidecar::Fresh { reader, .. } if detected.dialect.has_sidecar() => Some(reader),
            _ => {
                log.map_if_guarded();
                None
            }
        };
        Self::of_log(path, AnyLog::file(log), detected, sidecar)
    }

    /// Opens a session whose bytes another host gives; `path` names it in messages.
    ///
    /// # Errors
    /// Fails if the bytes cannot be read.
    pub fn given(path: &Path, given: Given) -> Result<Self, SessionError> {
        match given {
            Given::Log(bytes) => {
                let detected = detect(&bytes).map_err(at(path))?;
                Self::of_log(path, AnyLog::Given(bytes), detected, None)
            }
            Given::V1(sources) => Self::of_v1(path, AnyLog::of_v1(sources, AnyLog::Given)),
        }
    }

    fn of_log(
        path: &Path,
        log: AnyLog,
        detected: Detected,
        sidecar: Option<SidecarReader>,
    ) -> Result<Self, SessionError> {
        let log = present(log, &detected, &mut |_| ControlFlow::Continue(())).map_err(at(path))?;
        Ok(Self { path: path.to_path_buf(), inner: session::Session::new(log, detected, sidecar) })
    }

    /// Opens a v1 session as the log that migration would write.
    fn of_v1(path: &Path, sources: V1Sources<AnyLog>) -> Result<Self, SessionError> {
        let log = replayed(path, sources)?;
        Ok(Self { path: path.to_path_buf(), inner: session::Session::replayed(log).map_err(at(path))? })
    }

    /// Opens a session. If its sidecar is not fresh, or another program has changed it, a background thread brings it
    /// up to date. The thread ends by itself; the caller may join its handle.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn open(path: &Path) -> Result<(Self, Option<Rebuild>), SessionError> {
        let session = Self::read(path)?;
        let is_right = session.inner.sidecar().is_some_and(|reader| is_untouched(path, reader.meta()));
        if is_right || !session.dialect().has_sidecar() {
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

    /// The session of core.
    pub(crate) const fn core(&self) -> &session::Session<AnyLog, SidecarReader> {
        &self.inner
    }

    /// The path by which it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The kind of the log as it stands.
    #[must_use]
    pub const fn detected(&self) -> &Detected {
        self.inner.detected()
    }

    /// The dialect of the log as it stands.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.inner.dialect()
    }

    /// The header, if the log has one.
    #[must_use]
    pub const fn header(&self) -> Option<&Header> {
        self.inner.header()
    }

    /// The session's id: that of the header, else the stem of the file.
    #[must_use]
    pub fn id(&self) -> String {
        self.inner.header_id().map_or_else(|| paths::stem(&self.path), ToString::to_string)
    }

    /// The log in the current dialect.
    #[must_use]
    pub fn bytes(&self) -> &dyn ByteSource {
        self.inner.log()
    }

    /// True if a fresh sidecar answers.
    #[must_use]
    pub const fn has_sidecar(&self) -> bool {
        self.inner.has_sidecar()
    }

    /// True if the sidecar contradicted its log, and the log answered instead. [`crate::ops::migrate`] with `force`
    /// mends the sidecar.
    #[must_use]
    pub const fn was_contradicted(&self) -> bool {
        self.inner.was_contradicted()
    }

    /// True if the tree is available without another pass: from a sidecar, or from a pass that was made.
    #[must_use]
    pub fn has_index(&self) -> bool {
        self.inner.has_index()
    }

    /// The tree.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn tree(&self) -> Result<TreeReport, SessionError> {
        Ok(TreeReport::new(self.id(), self.inner.tree().map_err(at(&self.path))?))
    }

    /// The entry with this key.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn entry(&self, key: &str) -> Result<Entry, SessionError> {
        self.inner.entry(key).map_err(at(&self.path))
    }

    /// The entry with this key, or the only entry whose key begins with `word`.
    ///
    /// # Errors
    /// Fails if the log cannot be read, if there is no such entry, or if there are several.
    pub fn meant(&self, word: &str) -> Result<Entry, SessionError> {
        self.inner.meant(word).map_err(at(&self.path))
    }

    /// The tree as runs of entries between branch points.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn outline(&self) -> Result<Outline, SessionError> {
        self.inner.outline().map_err(at(&self.path))
    }

    /// These entries by their numbers, with lines of up to `max` bytes.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn listed(&self, entries: impl IntoIterator<Item = u32>, max: u64) -> Result<Vec<Listed>, SessionError> {
        self.inner.listed(entries, max).map_err(at(&self.path))
    }

    /// The whole key of the entry with this key, or of the only one whose key begins so.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry, or several.
    pub fn key_of(&self, word: &str) -> Result<String, SessionError> {
        self.inner.key_of(word).map_err(at(&self.path))
    }

    /// The starts of keys that are long enough to mean their entries.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn short_keys(&self, keys: &[&str]) -> Result<Vec<String>, SessionError> {
        self.inner.short_keys(keys).map_err(at(&self.path))
    }

    /// The entries around the one with this key in log order, up to `count` on either side, each with its key.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn around(&self, key: &str, count: u32) -> Result<[Vec<(String, Entry)>; 2], SessionError> {
        let seq = self.inner.locate(key).map_err(at(&self.path))?.seq;
        let all = u32::try_from(self.entry_count()?).unwrap_or(u32::MAX);
        let lines = |seqs: Range<u32>| -> Result<Vec<(String, Entry)>, SessionError> {
            let listed = self.inner.listed(seqs, u64::MAX).map_err(at(&self.path))?.into_iter();
            Ok(listed
                .filter_map(|entry| Some((entry.key, Entry { offset: entry.span.offset, line: entry.line? })))
                .collect())
        };
        Ok([
            lines(seq.saturating_sub(count)..seq)?,
            lines(seq + 1..seq.saturating_add(count).saturating_add(1).min(all))?,
        ])
    }

    /// Damaged lines and records of the log, without those of an unfinished last line and without bad UTF-8.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub fn damages(&self) -> Result<u64, SessionError> {
        Ok(self.inner.counts().map_err(at(&self.path))?.damages)
    }

    /// Number of entries.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn entry_count(&self) -> Result<u64, SessionError> {
        Ok(self.inner.counts().map_err(at(&self.path))?.entries)
    }

    /// Passes the last `count` entries of the log to `each`, in file order; all entries if `count` is `None`.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn file_order(&self, count: Option<usize>, each: &mut dyn FnMut(Entry)) -> Result<(), SessionError> {
        self.inner.file_order(count, each).map_err(at(&self.path))
    }

    /// The last `count` entries of the active path, in path order.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn tail(&self, count: usize) -> Result<Vec<Entry>, SessionError> {
        self.inner.tail(count).map_err(at(&self.path))
    }

    /// Passes the entries of the path to `leaf` to `each`, in path order. Without `leaf` the path leads to the active
    /// leaf. With `count` only the last `count` entries are passed.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn path_to(
        &self,
        leaf: Option<&str>,
        count: Option<usize>,
        each: &mut dyn FnMut(Entry),
    ) -> Result<(), SessionError> {
        self.inner.path_to(leaf, count, each).map_err(at(&self.path))
    }

    /// The ranges of the same entries as [`Session::path_to`] in [`Session::bytes`], root first. A caller that reads
    /// entries one by one needs to keep nothing else of the path.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn path_ranges(&self, leaf: Option<&str>, count: Option<usize>) -> Result<Vec<Range<u64>>, SessionError> {
        self.inner.path_ranges(leaf, count).map_err(at(&self.path))
    }

    /// The entry at one of the [`Session::path_ranges`].
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn entry_at(&self, range: Range<u64>) -> Result<Entry, SessionError> {
        self.inner.entry_at(range).map_err(at(&self.path))
    }

    /// Everything that a user interface paints first, with the last `page` entries of the active path.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn resume(&self, page: usize) -> Result<Resume, SessionError> {
        self.inner.resume(&paths::stem(&self.path), page).map_err(at(&self.path))
    }

    /// The `count` entries of the path before the entry `key`, in path order; empty at the root.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or there is no such entry.
    pub fn before(&self, key: &str, count: usize) -> Result<Vec<Entry>, SessionError> {
        self.inner.before(key, count).map_err(at(&self.path))
    }
}

/// Adds the path of the log to the error of a read.
pub(super) fn at<E: Into<ReadError>>(path: &Path) -> impl Fn(E) -> SessionError {
    let path = path.to_path_buf();
    move |source| SessionError::Log { path: path.clone(), source: source.into() }
}
