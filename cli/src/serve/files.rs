//! The files of the session that is served.
//!
//! Owns: the list of these files, here or in an archive, and its JSON form for the page.
//! Invariant: the files are opened once, before the first request. No request can lead to another file. The files are
//! not parsed here.

#[cfg(feature = "store")]
use jcode_session_core::parts::{Part, classify};
use jcode_session_core::source::ByteSource;
use jcode_session_native::os::files::{PathError, PlainFile};
use jcode_session_native::os::paths;
use jcode_session_native::os::stat;
use jcode_session_native::session::Bytes;
use jcode_session_native::session::v1::V1Files;
use serde::Serialize;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// One session's files.
#[derive(Debug)]
pub struct Served {
    name: String,
    files: Vec<(Role, String, Arc<OpenFile>)>,
}

/// An open file, or one that an archive has.
pub(super) struct OpenFile {
    bytes: Bytes,
    /// Length of the file when it was opened.
    pub(super) len: u64,
}

impl std::fmt::Debug for OpenFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenFile").field("len", &self.len).finish_non_exhaustive()
    }
}

impl OpenFile {
    fn new(bytes: Bytes) -> Self {
        Self { len: bytes.len(), bytes }
    }

    /// Reads `len` bytes from `offset` on.
    pub(super) fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        self.bytes.read_vec(offset, len).map_err(io::Error::other)
    }
}

/// The role of a file in its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Role {
    Log,
    Sidecar,
    V1Snapshot,
    V1Journal,
    V1Backup,
    // Files of the store; their names are their paths in it.
    Ledger,
    Checkpoint,
    Quarantine,
    Segment,
}

/// The content of `session.json`.
#[derive(Debug, Serialize)]
struct Listing<'s> {
    name: &'s str,
    files: Vec<ListedFile<'s>>,
}

#[derive(Debug, Serialize)]
struct ListedFile<'s> {
    role: Role,
    name: &'s str,
    size: u64,
    url: String,
}

impl Served {
    /// Opens the files of a session, given by its log or snapshot.
    ///
    /// # Errors
    /// Fails if the log exists and cannot be opened.
    pub fn open(session: &Path) -> Result<Self, PathError> {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut served = Self { name: session.to_string_lossy().into_owned(), files: Vec::new() };
        let [snapshot, backup, journal] = V1Files::beside(session).paths();
        let log = session.with_extension("jsonl");
        let plain = [
            (Role::Log, log),
            (Role::Sidecar, paths::sidecar(session)),
            (Role::V1Snapshot, snapshot),
            (Role::V1Journal, journal),
            (Role::V1Backup, backup),
        ];
        for (role, path) in plain {
            served.add(role, name(&path), &path)?;
        }
        let store = paths::store(session);
        let folders = [
            (Role::Ledger, ""),
            (Role::Checkpoint, "checkpoints/"),
            (Role::Quarantine, "quarantine/"),
            (Role::Segment, "segments/"),
        ];
        for (role, folder) in folders {
            for file in plain_files(&store.join(folder)) {
                let path = format!("{folder}{file}");
                served.add(role, path.clone(), &store.join(path))?;
            }
        }
        Ok(served)
    }

    /// The files of a session in an archive, by their places as an archive has them: that of its log is empty.
    #[cfg(feature = "store")]
    #[must_use]
    pub fn given(name: String, log: &str, files: Vec<(String, Bytes)>) -> Self {
        let one = |(place, bytes): (String, Bytes)| {
            let (role, name) = match place.split_once('/') {
                None if place.is_empty() => (Role::Log, log.to_string()),
                Some(("beside", name)) => (v1_role(name)?, name.to_string()),
                Some(("checkpoints", _)) => (Role::Checkpoint, place),
                Some(_) => (Role::Quarantine, place),
                None => (Role::Ledger, place),
            };
            Some((role, name, Arc::new(OpenFile::new(bytes))))
        };
        Self { name, files: files.into_iter().filter_map(one).collect() }
    }

    fn add(&mut self, role: Role, name: String, path: &Path) -> Result<(), PathError> {
        // The file itself; segments are listed as files of their own.
        match PlainFile::open(path) {
            Ok(file) => self.files.push((role, name, Arc::new(OpenFile::new(Arc::new(file))))),
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => {}
            // A file beside the log that cannot be read does not keep the session from being shown.
            Err(_) if role != Role::Log => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The list of files, as JSON.
    pub(super) fn listing(&self) -> Result<Vec<u8>, serde_json::Error> {
        let files = self.files.iter().enumerate().map(|(index, (role, name, file))| ListedFile {
            role: *role,
            name,
            size: file.len,
            url: format!("files/{index}"),
        });
        serde_json::to_vec(&Listing { name: &self.name, files: files.collect() })
    }

    /// The file with this number in the list.
    pub(super) fn file(&self, number: &str) -> Option<&Arc<OpenFile>> {
        let index: usize = number.parse().ok()?;
        // Only the canonical spelling of a number counts.
        (index.to_string() == number).then(|| self.files.get(index)).flatten().map(|(.., file)| file)
    }
}

/// The role of one of jcode's files; `None` for what it has set aside.
#[cfg(feature = "store")]
fn v1_role(name: &str) -> Option<Role> {
    match classify(name) {
        Part::Snapshot => Some(Role::V1Snapshot),
        Part::Journal => Some(Role::V1Journal),
        Part::Backup => Some(Role::V1Backup),
        _ => None,
    }
}

/// The names of the regular files in a folder, sorted; no links.
fn plain_files(folder: &Path) -> Vec<String> {
    let entries = stat::read_folder(folder).into_iter().flatten().flatten();
    let plain = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let mut names: Vec<String> = plain.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}
