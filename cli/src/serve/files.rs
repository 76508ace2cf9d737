//! The files of the session that is served.
//!
//! Owns: which they are, and their listing for the page. Invariant: they are opened once, before the first request;
//! nothing that a request says leads to another file.
//! Does not: look into them.

use jcode_session_native::os::files::PathError;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::paths;
use jcode_session_native::os::stat;
use jcode_session_native::session::v1::V1Files;
use serde::Serialize;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

/// One session's files.
#[derive(Debug)]
pub struct Served {
    name: String,
    files: Vec<(Role, String, Arc<OpenFile>)>,
}

/// An open file.
#[derive(Debug)]
pub(super) struct OpenFile {
    file: File,
    /// Its length when it was opened.
    pub(super) len: u64,
}

impl OpenFile {
    /// Bytes of it.
    pub(super) fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; len];
        (&self.file).seek(SeekFrom::Start(offset))?;
        (&self.file).read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// What a file is in its session.
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

/// `session.json`.
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
    /// Opens the files of a session, named by its log or snapshot.
    ///
    /// # Errors
    /// If one is there and cannot be opened.
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

    fn add(&mut self, role: Role, name: String, path: &Path) -> Result<(), PathError> {
        match LogFile::open(path) {
            Ok(log) => {
                // The file as it is; segments are files of their own here.
                let file = log.file().try_clone().map_err(PathError::new("open", path))?;
                let open = OpenFile { file, len: log.file_stamp().len };
                self.files.push((role, name, Arc::new(open)));
            }
            Err(error) if error.source.kind() == io::ErrorKind::NotFound => {}
            // What lies beside a session and cannot be read does not keep it from being shown.
            Err(_) if role != Role::Log => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// The listing, as JSON.
    pub(super) fn listing(&self) -> Result<Vec<u8>, serde_json::Error> {
        let files = self.files.iter().enumerate().map(|(index, (role, name, file))| ListedFile {
            role: *role,
            name,
            size: file.len,
            url: format!("files/{index}"),
        });
        serde_json::to_vec(&Listing { name: &self.name, files: files.collect() })
    }

    /// The file with this number.
    pub(super) fn file(&self, number: &str) -> Option<&Arc<OpenFile>> {
        let index: usize = number.parse().ok()?;
        // One spelling a file.
        (index.to_string() == number).then(|| self.files.get(index)).flatten().map(|(.., file)| file)
    }
}

/// Names of the plain files of a folder, sorted; no links.
fn plain_files(folder: &Path) -> Vec<String> {
    let entries = stat::read_folder(folder).into_iter().flatten().flatten();
    let plain = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let mut names: Vec<String> = plain.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    names
}
