//! A folder as a store.
//!
//! Owns: objects as files: written aside, synced and linked to their names, so that one appears whole or not at all.
//! Invariant: a name leads to a file below the folder. Files and folders are private to the user. What was put before
//! [`Objects::settle`] returns survives a power cut, names included.

#[cfg(feature = "parquet")]
mod files;

use crate::objects::{Listed, ObjectError, Objects};
use jcode_session_core::archive::Answer;
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_native::os::files::{PathError, PlainFile};
use jcode_session_native::os::replace::{publish_new, sync_folder, temporary_for};
use jcode_session_native::os::{folders, paths, stat};
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A folder as a store.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// Folders whose names or entries may not be durable.
    unsettled: Mutex<BTreeSet<PathBuf>>,
}

impl Folder {
    /// The store in a folder, which need not exist before something is put.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf(), unsettled: Mutex::default() }
    }

    fn path(&self, name: &str) -> PathBuf {
        name.split('/').filter(|part| !part.is_empty()).fold(self.root.clone(), |path, part| path.join(part))
    }

    fn plain(&self, name: &str) -> Result<Option<PlainFile>, ObjectError> {
        match PlainFile::open(&self.path(name)) {
            Ok(file) => Ok(Some(file)),
            Err(error) if is_nothing(&error.source) => Ok(None),
            Err(error) => Err(failed("read", &error.path)(error.source)),
        }
    }

    /// Makes the folder of an object, and notes what must be synced for its name to be durable.
    fn make(&self, path: &Path) -> Result<(), ObjectError> {
        let folder = paths::folder(path);
        if stat::stat(folder).is_err() {
            folders::make_all(folder).map_err(failed("make", folder))?;
        }
        let mut unsettled = self.unsettled.lock().unwrap_or_else(PoisonError::into_inner);
        // The folders above may have been made by a run that ended before it synced them.
        unsettled.extend(folder.ancestors().take_while(|above| above.starts_with(&self.root)).map(Path::to_path_buf));
        Ok(())
    }

    fn entries(&self, folder: &Path) -> Result<Vec<(String, std::fs::FileType, PathBuf)>, ObjectError> {
        let entries = match stat::read_folder(folder) {
            Ok(entries) => entries,
            Err(error) if is_nothing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(failed("list", folder)(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(failed("list", folder))?;
            // A name that is no text, or hidden, is not ours: a file that is being written has such a name.
            let Ok(name) = entry.file_name().into_string() else { continue };
            let kind = entry.file_type().map_err(failed("list", folder))?;
            if !name.starts_with('.') {
                found.push((name, kind, entry.path()));
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }
}

impl Objects for Folder {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<Answer, ObjectError> {
        let path = self.path(name);
        self.make(&path)?;
        if stat::lstat(&path).is_ok() {
            return Ok(Answer::Exists);
        }
        let of_path = |error: PathError| failed("write", &path)(error.source);
        let mut temporary = temporary_for(&path).map_err(of_path)?;
        temporary.write_all(bytes).map_err(failed("write", &path))?;
        match publish_new(temporary, &path) {
            Ok(()) => Ok(Answer::Stored),
            Err(error) if error.source.kind() == io::ErrorKind::AlreadyExists => Ok(Answer::Exists),
            Err(error) => Err(of_path(error)),
        }
    }

    fn settle(&self) -> Result<(), ObjectError> {
        let mut unsettled = self.unsettled.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(folder) = unsettled.pop_last() {
            if let Err(error) = sync_folder(&folder) {
                let failed = failed("sync", &folder)(error.source);
                unsettled.insert(folder);
                return Err(failed);
            }
        }
        // The folder's own name; where that is may be another user's.
        let _ = sync_folder(paths::folder(&self.root));
        Ok(())
    }

    fn get(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, ObjectError> {
        let Some(file) = self.plain(name)? else { return Ok(None) };
        if file.len() > most {
            return Err(ObjectError::too_long(self.shown(name), file.len(), most));
        }
        let len = usize::try_from(file.len()).unwrap_or(usize::MAX);
        file.read_vec(0, len).map(Some).map_err(|error| self.unread(name, &error))
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Vec<u8>>, ObjectError> {
        let Some(file) = self.plain(name)? else { return Ok(None) };
        let len = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        match file.read_vec(range.start, len) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(SourceError::Shrank { .. }) => Ok(None),
            Err(error) => Err(self.unread(name, &error)),
        }
    }

    fn list(&self, folder: &str, after: Option<&str>) -> Result<Vec<Listed>, ObjectError> {
        let mut listed = Vec::new();
        let mut folders = vec![(folder.trim_end_matches('/').to_string(), self.path(folder))];
        while let Some((above, path)) = folders.pop() {
            for (file, kind, path) in self.entries(&path)? {
                let name = format!("{above}/{file}");
                if kind.is_dir() {
                    folders.push((name, path));
                } else if kind.is_file() && after.is_none_or(|after| name.as_str() > after) {
                    let len = stat::lstat(&path).map_err(failed("list", &path))?.len();
                    listed.push(Listed { name, len });
                }
            }
        }
        listed.sort_unstable();
        Ok(listed)
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>, ObjectError> {
        let entries = self.entries(&self.path(folder))?;
        Ok(entries.into_iter().filter(|(_, kind, _)| kind.is_dir()).map(|(name, ..)| name).collect())
    }

    fn is_empty(&self) -> Result<bool, ObjectError> {
        Ok(self.entries(&self.root)?.is_empty())
    }

    fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}

impl Folder {
    fn unread(&self, name: &str, error: &SourceError) -> ObjectError {
        ObjectError::new("read", self.shown(name), error.to_string())
    }
}

fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn failed(action: &'static str, path: &Path) -> impl Fn(io::Error) -> ObjectError {
    let what = path.display().to_string();
    move |error| ObjectError::new(action, what.clone(), error.to_string())
}
