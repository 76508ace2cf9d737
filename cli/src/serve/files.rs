//! The files of one session that is served.
//!
//! Owns: the list of these files, here or in an archive, and its JSON form for the page.
//! Invariant: what is asked for by number is a file of this session, from its first byte to the length that the list
//! gave. A file that has grown keeps its number, one that was replaced gets another. No request can lead to a file of
//! another name. The files are not parsed here.

#[cfg(feature = "store")]
use jcode_session_core::parts::{Part, classify};
use jcode_session_core::source::ByteSource;
use jcode_session_core::source::identity::FileStamp;
use jcode_session_native::os::files::{self, PathError, PlainFile};
use jcode_session_native::os::paths;
use jcode_session_native::os::stat;
use jcode_session_native::session::Bytes;
use jcode_session_native::session::v1::V1Files;
use serde::Serialize;
use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One session's files.
#[derive(Debug)]
pub struct Served {
    name: String,
    /// Its log or snapshot; `None` for a session in an archive, whose files stay as they are.
    session: Option<PathBuf>,
    files: RefCell<Open>,
}

/// The files that are open.
#[derive(Debug, Default)]
struct Open {
    files: Vec<Numbered>,
    next: usize,
}

#[derive(Debug)]
struct Numbered {
    number: usize,
    role: Role,
    /// Its path in the store, for a file of the store.
    name: String,
    /// Where it lies, and what it was when it was opened; `None` in an archive.
    here: Option<(PathBuf, FileStamp)>,
    file: Arc<OpenFile>,
}

/// An open file, or one that an archive has.
pub(super) struct OpenFile {
    bytes: Bytes,
    /// Length of the file when it was listed.
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
        let name = session.to_string_lossy().into_owned();
        let served = Self { name, session: Some(session.to_path_buf()), files: RefCell::default() };
        served.refresh()?;
        Ok(served)
    }

    /// The files of a session in an archive, by their places as an archive has them: that of its log is empty.
    #[cfg(feature = "store")]
    #[must_use]
    pub fn given(name: String, log: &str, files: Vec<(String, Bytes)>) -> Self {
        let one = |(number, (place, bytes)): (usize, (String, Bytes))| {
            let (role, name) = match place.split_once('/') {
                None if place.is_empty() => (Role::Log, log.to_string()),
                Some(("beside", name)) => (v1_role(name)?, name.to_string()),
                Some(("checkpoints", _)) => (Role::Checkpoint, place),
                Some(_) => (Role::Quarantine, place),
                None => (Role::Ledger, place),
            };
            Some(Numbered { number, role, name, here: None, file: Arc::new(OpenFile::new(bytes)) })
        };
        let next = files.len();
        let files = files.into_iter().enumerate().filter_map(one).collect();
        Self { name, session: None, files: RefCell::new(Open { files, next }) }
    }

    /// Brings the list up to date with the disk.
    fn refresh(&self) -> Result<(), PathError> {
        let Some(session) = &self.session else { return Ok(()) };
        let mut open = self.files.borrow_mut();
        let Open { files: before, next } = std::mem::take(&mut *open);
        open.next = next;
        for (role, name, path) in places(session) {
            let known = before.iter().find(|file| file.here.as_ref().is_some_and(|(known, _)| *known == path));
            if let Some(found) = open.now(role, name, path, known)? {
                open.files.push(found);
            }
        }
        Ok(())
    }

    /// The list of files as they are now, as JSON.
    pub(super) fn listing(&self) -> io::Result<Vec<u8>> {
        self.refresh().map_err(io::Error::other)?;
        let open = self.files.borrow();
        let files = open.files.iter().map(|listed| ListedFile {
            role: listed.role,
            name: &listed.name,
            size: listed.file.len,
            url: format!("files/{}", listed.number),
        });
        Ok(serde_json::to_vec(&Listing { name: &self.name, files: files.collect() })?)
    }

    /// The file with this number in the list.
    pub(super) fn file(&self, number: &str) -> Option<Arc<OpenFile>> {
        let open = self.files.borrow();
        // Only the canonical spelling of a number counts.
        open.files.iter().find(|listed| listed.number.to_string() == number).map(|listed| Arc::clone(&listed.file))
    }
}

impl Open {
    /// A file as it is now; `known` is what was open under its path.
    fn now(
        &mut self,
        role: Role,
        name: String,
        path: PathBuf,
        known: Option<&Numbered>,
    ) -> Result<Option<Numbered>, PathError> {
        let known = known.and_then(|known| Some((known, known.here.as_ref()?.1)));
        if let Some((known, before)) = known
            && files::stamp(&path).is_ok_and(|stamp| stamp.is_some_and(|stamp| stamp.is_as_left(&before)))
        {
            let (number, file) = (known.number, Arc::clone(&known.file));
            return Ok(Some(Numbered { number, role, name, here: Some((path, before)), file }));
        }
        // The file itself; segments are listed as files of their own.
        let file = match PlainFile::open(&path) {
            Ok(file) => file,
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => return Ok(None),
            // A file beside the log that cannot be read does not keep the session from being shown.
            Err(_) if role != Role::Log => return Ok(None),
            Err(error) => return Err(error),
        };
        let stamp = file.stamp();
        let has_grown = |before: FileStamp| before.is_same_file(&stamp) && before.len <= stamp.len;
        let number = known.filter(|(_, before)| has_grown(*before)).map_or(self.next, |(known, _)| known.number);
        self.next = self.next.max(number + 1);
        let file = Arc::new(OpenFile::new(Arc::new(file)));
        Ok(Some(Numbered { number, role, name, here: Some((path, stamp)), file }))
    }
}

/// Where files of a session may be.
fn places(session: &Path) -> Vec<(Role, String, PathBuf)> {
    let [snapshot, backup, journal] = V1Files::beside(session).paths();
    let plain = [
        (Role::Log, session.with_extension("jsonl")),
        (Role::Sidecar, paths::sidecar(session)),
        (Role::V1Snapshot, snapshot),
        (Role::V1Journal, journal),
        (Role::V1Backup, backup),
    ];
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut places: Vec<_> = plain.into_iter().map(|(role, path)| (role, name(&path), path)).collect();
    let store = paths::store(session);
    let folders = [
        (Role::Ledger, ""),
        (Role::Checkpoint, "checkpoints/"),
        (Role::Quarantine, "quarantine/"),
        (Role::Segment, "segments/"),
    ];
    for (role, folder) in folders {
        let names = plain_files(&store.join(folder)).into_iter().map(|file| format!("{folder}{file}"));
        places.extend(names.map(|name| (role, name.clone(), store.join(name))));
    }
    places
}

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
