//! What a home remembers of a store, and the machine that it is there.
//!
//! Owns: `<home>/agent/machine` and `<home>/agent/archive/<store>.json`, and the lock under which a home pushes and pulls.
//! Invariant: what is remembered saves work and tells of a store that went back or of a cloned home; a home that forgot
//! it goes on as a new machine. It is replaced whole.

use jcode_session_core::archive::name::is_id;
use jcode_session_core::archive::{Digest, Memory, Origin};
use jcode_session_core::source::ByteSource;
use jcode_session_native::os::files::{PathError, PlainFile};
use jcode_session_native::os::lock::{Holder, LockError, SessionLock};
use jcode_session_native::os::replace::{publish, temporary_for};
use jcode_session_native::os::{folders, host, paths};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Most bytes of what is remembered.
const MOST: u64 = 64 << 20;

/// Why nothing is remembered, or remembered no more.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// Another process of this home is at it.
    #[error("another push or pull of this home is under way, by {0}; wait for it")]
    Held(Holder),
    /// The lock cannot be taken.
    #[error(transparent)]
    Lock(LockError),
    /// A file cannot be read or written.
    #[error(transparent)]
    Path(#[from] PathError),
}

/// What is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remembered {
    /// Of the commits.
    #[serde(flatten)]
    pub(crate) commits: Memory,
    /// Of the local files of a session that is in the store as it is here, by its id there: a digest of their stamps.
    #[serde(default)]
    pub(crate) unchanged: BTreeMap<String, Digest>,
    /// Of sessions that were pulled, by id.
    #[serde(default)]
    pub(crate) pulled: BTreeMap<String, PulledFrom>,
}

/// From what a session was pulled last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PulledFrom {
    pub(crate) origin: Origin,
    /// Digests of files that have no history of their own, by place.
    pub(crate) files: BTreeMap<String, Digest>,
}

/// The part of a home that is about stores.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    agent: PathBuf,
}

impl Home {
    pub(crate) fn new(home: &Path) -> Self {
        Self { agent: home.join("agent") }
    }

    /// The machine that this home is, if it is one already.
    pub(crate) fn machine(&self) -> Result<Option<String>, PathError> {
        let bytes = read(&self.agent.join("machine"))?;
        let id = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).map(|id| id.trim().to_string());
        Ok(id.filter(|id| is_id(id)))
    }

    /// Makes this home another machine.
    pub(crate) fn rename(&self) -> Result<String, PathError> {
        let id = host::new_id();
        write(&self.agent.join("machine"), format!("{id}\n").as_bytes())?;
        Ok(id)
    }

    /// What this machine is called where machines are shown.
    pub(crate) fn label(&self) -> String {
        let given = read(&self.agent.join("machine.label")).ok().flatten();
        let given = given.and_then(|bytes| String::from_utf8(bytes).ok()).map(|label| label.trim().to_string());
        let label = given.filter(|label| !label.is_empty()).or_else(host::host_name).unwrap_or_default();
        label.chars().filter(|c| !c.is_control() && *c != '@').take(64).collect()
    }

    fn of_store(&self, store: &str) -> PathBuf {
        self.agent.join("archive").join(format!("{store}.json"))
    }

    /// What is remembered of a store.
    pub(crate) fn remembered(&self, store: Option<&str>) -> Remembered {
        let bytes = store.and_then(|store| read(&self.of_store(store)).ok().flatten());
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    /// Remembers it.
    pub(crate) fn remember(&self, store: &str, what: &Remembered) -> Result<(), PathError> {
        write(&self.of_store(store), &serde_json::to_vec(what).unwrap_or_default())
    }

    /// The lock under which a home pushes and pulls; none where the home cannot be written.
    pub(crate) fn lock(&self) -> Result<SessionLock, MemoryError> {
        let folder = self.agent.join("archive");
        folders::make_all(&folder).map_err(PathError::new("make", &folder))?;
        SessionLock::acquire(&folder.join("archive.jsonl")).map_err(|error| match error {
            LockError::Held { holder, .. } => MemoryError::Held(holder),
            other => MemoryError::Lock(other),
        })
    }
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, PathError> {
    let file = match PlainFile::open(path) {
        Ok(file) => file,
        Err(error) if error.source.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let read = file.read_vec(0, usize::try_from(file.len().min(MOST)).unwrap_or_default());
    read.map(Some).map_err(|error| PathError::new("read", path)(std::io::Error::other(error)))
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), PathError> {
    let folder = paths::folder(path);
    folders::make_all(folder).map_err(PathError::new("make", folder))?;
    let mut temporary = temporary_for(path)?;
    temporary.write_all(bytes).map_err(PathError::new("write", path))?;
    publish(temporary, path)
}
