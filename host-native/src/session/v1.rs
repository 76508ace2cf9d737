//! The v1 files of one jcode session, which are opened together.
//!
//! Owns: the names of section 8 of `docs/format.md` (`<id>.json`, `<id>.bak`, `<id>.journal.jsonl`), and the check
//! whether the files changed. The v1 files belong to jcode and are never written.
//! Invariant: the files that were read form one state. If jcode wrote a checkpoint meanwhile, [`V1Files::unchanged`]
//! returns false.

use crate::os::files::{PathError, open_plain, stamp};
use crate::os::log_file::LogFile;
use crate::os::paths;
use jcode_session_core::dialect::jcode::V1Sources;
use jcode_session_core::dialect::may_be_snapshot;
use jcode_session_core::parts::Part;
use jcode_session_core::source::identity::FileStamp;
use std::io;
use std::path::{Path, PathBuf};

/// The v1 files of one session.
#[derive(Debug, Clone)]
pub struct V1Files {
    stem: String,
    snapshot: PathBuf,
    bak: PathBuf,
    journal: PathBuf,
}

impl V1Files {
    /// The v1 files of a session, given by its snapshot or its log. The files need not exist.
    #[must_use]
    pub fn beside(session: &Path) -> Self {
        Self {
            stem: paths::stem(session),
            snapshot: paths::beside(session, Part::Snapshot),
            bak: paths::beside(session, Part::Backup),
            journal: paths::beside(session, Part::Journal),
        }
    }

    /// The snapshot's path.
    #[must_use]
    pub fn snapshot(&self) -> &Path {
        &self.snapshot
    }

    /// The paths of all v1 files, whether they exist or not.
    #[must_use]
    pub fn paths(&self) -> [PathBuf; 3] {
        [self.snapshot.clone(), self.bak.clone(), self.journal.clone()]
    }

    /// True if there is a snapshot. Without a snapshot there is no v1 session.
    #[must_use]
    pub fn exist(&self) -> bool {
        self.snapshot.is_file()
    }

    /// Opens the files that exist.
    ///
    /// # Errors
    /// Fails if an existing file cannot be opened.
    pub fn open(&self) -> Result<V1Sources<LogFile>, PathError> {
        Ok(V1Sources {
            session_id: self.stem.clone(),
            // The journal first: a checkpoint of jcode first merges the journal into the snapshot, then deletes it.
            journal: open(&self.journal)?,
            snapshot: open(&self.snapshot)?,
            bak: open(&self.bak)?,
        })
    }

    /// The stamps of snapshot and journal as text, which stays equal while nobody changes the files.
    #[must_use]
    pub fn stamps(&self) -> String {
        let text = |path: &Path| match stamp(path) {
            Ok(Some(FileStamp { ino, len, mtime_ns, ctime_ns, .. })) => format!("{ino}.{len}.{mtime_ns}.{ctime_ns}"),
            Ok(None) | Err(_) => String::from("-"),
        };
        format!("{} {}", text(&self.snapshot), text(&self.journal))
    }

    /// Whether the files still have the stamps that [`V1Files::stamps`] returned before they were read.
    #[must_use]
    pub fn unchanged(&self, before: &str) -> bool {
        self.stamps() == before
    }
}

fn open(path: &Path) -> Result<Option<LogFile>, PathError> {
    match LogFile::open(path) {
        Ok(mut file) => {
            file.map_if_guarded();
            Ok(Some(file))
        }
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// True for a file that is a jcode v1 snapshot, by name and by the start of its content. A broken one counts if jcode
/// left a journal or a backup beside it.
#[must_use]
pub fn is_snapshot(path: &Path) -> bool {
    if paths::part(path) != Part::Snapshot {
        return false;
    }
    let files = V1Files::beside(path);
    files.journal.is_file() || files.bak.is_file() || looks_like_snapshot(path)
}

fn looks_like_snapshot(path: &Path) -> bool {
    let mut start = Vec::new();
    let read =
        open_plain(path).and_then(|(file, _)| io::Read::read_to_end(&mut io::Read::take(file, 65536), &mut start));
    read.is_ok() && may_be_snapshot(&start)
}
