//! Core's storage contracts over real files.
//!
//! Owns: paths of places, private modes, real syncs, and the mapping of system errors.
//! Invariant: below the folder that holds the log, no link is followed for writing. Nothing is locked here.

use crate::os::files::{PathError, plain, read_at, stamp_at, stamp_of_open};
use crate::os::map::Mapping;
use crate::os::opening::{no_follow, private};
use crate::os::patience::patiently;
use crate::os::{folders, names, paths, replace, system};
use jcode_session_core::source::identity::FileStamp;
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_core::storage::{Folder, Named, Place, Storage, StorageError, StorageErrorKind, StorageFile};
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The files of the session whose log has this path.
#[derive(Debug, Clone)]
pub struct NativeStorage {
    log: PathBuf,
    /// Files are opened for reading only.
    looks: bool,
}

/// An open file; clones share it.
#[derive(Debug, Clone)]
pub struct NativeFile {
    file: Arc<File>,
    path: Arc<Path>,
    /// The stamp when it was opened; device and inode stay the same.
    stamp: FileStamp,
    /// Length of the file as far as this handle knows.
    len: u64,
    looks: bool,
    mapping: Option<Arc<Mapping>>,
}

impl NativeStorage {
    /// The files beside `log`.
    #[must_use]
    pub fn new(log: &Path) -> Self {
        Self { log: log.to_path_buf(), looks: false }
    }

    /// The files beside `log`, opened for reading only, so that the folder need not be writable.
    #[must_use]
    pub fn to_look_at(log: &Path) -> Self {
        Self { looks: true, ..Self::new(log) }
    }

    /// Makes a file private to the user. A file with other hard links stays as it is, because they share its mode.
    ///
    /// # Errors
    /// Fails if the mode cannot be read or changed.
    pub fn make_private(&self, place: &Place) -> Result<(), StorageError> {
        let path = self.path(place);
        system::make_private(&path).map_err(self.failed("set the mode of", &path))
    }

    fn path(&self, place: &Place) -> PathBuf {
        paths::place(&self.log, place)
    }

    fn folder(&self, folder: Folder) -> PathBuf {
        paths::place_folder(&self.log, folder)
    }

    /// Makes the folders that a place needs. Refuses a link in their place.
    fn make_folders(&self, folder: Folder) -> Result<(), StorageError> {
        if folder == Folder::Sessions {
            return Ok(());
        }
        for folder in [Folder::Store, folder] {
            let path = self.folder(folder);
            folders::make(&path).map_err(self.failed("create", &path))?;
        }
        Ok(())
    }

    /// Checks that a folder of the store is a folder, and not a link to one.
    fn no_link(&self, folder: Folder) -> Result<(), StorageError> {
        let path = self.folder(folder);
        folders::is_folder(&path).map_err(self.failed("use", &path))
    }

    /// Adds action and path to the error of a failed call. If something else occupies the path, the message names that
    /// instead.
    fn failed(&self, action: &'static str, path: &Path) -> impl Fn(io::Error) -> StorageError {
        move |error| {
            let error = failed(action, path)(error);
            let in_the_way = names::explain(&self.log, path).filter(|_| error.kind != StorageErrorKind::NotFound);
            StorageError { message: in_the_way.map_or(error.message, |found| found.to_string()), ..error }
        }
    }
}

/// Adds action and path to the error of a failed call, and maps its kind.
fn failed(action: &'static str, path: &Path) -> impl Fn(io::Error) -> StorageError {
    // Nothing is made of the path before a call has failed: appends pass here, too.
    move |error| {
        let what = path.display().to_string();
        StorageError { kind: kind_of(&error), action, what, message: error.to_string() }
    }
}

impl From<PathError> for StorageError {
    fn from(error: PathError) -> Self {
        failed(error.action, &error.path)(error.source)
    }
}

fn kind_of(error: &io::Error) -> StorageErrorKind {
    match error.kind() {
        io::ErrorKind::NotFound => StorageErrorKind::NotFound,
        io::ErrorKind::AlreadyExists => StorageErrorKind::Exists,
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            StorageErrorKind::Full
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => StorageErrorKind::Denied,
        _ => StorageErrorKind::Io,
    }
}

impl NativeFile {
    fn new(file: File, path: &Path, looks: bool) -> io::Result<Self> {
        plain(&file)?;
        let stamp = stamp_of_open(&file)?;
        Ok(Self { file: Arc::new(file), path: path.into(), len: stamp.len, stamp, looks, mapping: None })
    }

    /// The open file, for locks.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    fn failed(&self, action: &'static str) -> impl Fn(io::Error) -> StorageError {
        failed(action, &self.path)
    }
}

impl ByteSource for NativeFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        read_at(&self.file, offset, buffer)
    }

    fn view(&self) -> Option<&[u8]> {
        // The mapping lacks what was appended since.
        self.mapping.as_ref().map(|mapping| mapping.bytes()).filter(|bytes| bytes.len() as u64 == self.len)
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        let Some(mapping) = &self.mapping else { return Ok(()) };
        let wanted = mapping.bytes().len() as u64;
        let actual = self.file.metadata().map_or(0, |metadata| metadata.len());
        if mapping.was_cut() || actual < wanted { Err(SourceError::Shrank { wanted, actual }) } else { Ok(()) }
    }
}

impl StorageFile for NativeFile {
    fn map(&mut self) {
        self.mapping = Mapping::guarded(&self.file, self.len).map(Arc::new);
    }

    fn append(&mut self, bytes: &[u8]) -> Result<usize, StorageError> {
        loop {
            match (&*self.file).write(bytes) {
                Ok(0) if !bytes.is_empty() => {
                    return Err(self.failed("write")(io::ErrorKind::WriteZero.into()));
                }
                Ok(written) => {
                    self.len += written as u64;
                    return Ok(written);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed("write")(error)),
            }
        }
    }

    fn overwrite(&mut self, offset: u64, bytes: &[u8]) -> Result<(), StorageError> {
        // A handle in append mode always writes at the end, so this needs its own handle.
        let mut file = no_follow(OpenOptions::new().write(true), &self.path).map_err(self.failed("write"))?;
        if !stamp_of_open(&file).is_ok_and(|stamp| stamp.is_same_file(&self.stamp)) {
            return Err(self.failed("write")(io::Error::other("it was replaced meanwhile")));
        }
        file.seek(SeekFrom::Start(offset)).and_then(|_| file.write_all(bytes)).map_err(self.failed("write"))
    }

    fn set_len(&mut self, len: u64) -> Result<(), StorageError> {
        system::set_len(&self.file, &self.path, len).map_err(self.failed("cut"))?;
        self.len = len;
        Ok(())
    }

    fn sync_data(&mut self) -> Result<(), StorageError> {
        if self.looks {
            return Ok(());
        }
        // On Apple's systems the standard library uses F_FULLFSYNC here.
        self.file.sync_data().map_err(self.failed("sync"))
    }

    fn stamp(&self) -> Result<FileStamp, StorageError> {
        stamp_of_open(&self.file).map_err(self.failed("read"))
    }

    fn named(&self) -> Result<Named, StorageError> {
        match stamp_at(&self.path) {
            Ok(there) if there.is_same_file(&self.stamp) => Ok(Named::Same(there.len)),
            Ok(_) => Ok(Named::Other),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Ok(Named::Nothing)
            }
            Err(error) => Err(self.failed("read")(error)),
        }
    }
}

impl Storage for NativeStorage {
    type File = NativeFile;

    fn open(&self, place: &Place) -> Result<NativeFile, StorageError> {
        let path = self.path(place);
        if place.folder() != Folder::Sessions {
            self.no_link(place.folder())?;
        }
        let mut options = OpenOptions::new();
        let file = no_follow(options.read(true).append(!self.looks), &path).map_err(self.failed("open", &path))?;
        NativeFile::new(file, &path, self.looks).map_err(self.failed("open", &path))
    }

    fn shown(&self, place: &Place) -> String {
        self.path(place).display().to_string()
    }

    fn create(&self, place: &Place) -> Result<NativeFile, StorageError> {
        let path = self.path(place);
        self.make_folders(place.folder())?;
        let mut options = OpenOptions::new();
        let file = private(options.read(true).append(true).create_new(true), &path);
        file.and_then(|file| NativeFile::new(file, &path, false)).map_err(self.failed("create", &path))
    }

    fn stamp(&self, place: &Place) -> Result<Option<FileStamp>, StorageError> {
        let path = self.path(place);
        match stamp_at(&path) {
            Ok(stamp) => Ok(Some(stamp)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed("read", &path)(error)),
        }
    }

    fn rename(&self, from: &Place, to: &Place) -> Result<(), StorageError> {
        let (from, path) = (self.path(from), self.path(to));
        self.make_folders(to.folder())?;
        match std::fs::symlink_metadata(&path) {
            Ok(there) if there.is_file() => {
                std::fs::set_permissions(&from, there.permissions()).map_err(self.failed("set the mode of", &from))?;
            }
            _ => {}
        }
        replace::rename(&from, &path).map_err(self.failed("replace", &path))
    }

    fn link(&self, from: &Place, to: &Place) -> Result<(), StorageError> {
        let (from, path) = (self.path(from), self.path(to));
        self.make_folders(to.folder())?;
        match std::fs::hard_link(&from, &path) {
            // File systems without hard links report this in many ways. The caller copies the bytes instead.
            Err(error) if matches!(kind_of(&error), StorageErrorKind::Io | StorageErrorKind::Denied) => {
                Err(StorageError { kind: StorageErrorKind::Unsupported, ..self.failed("link", &path)(error) })
            }
            other => other.map_err(self.failed("link", &path)),
        }
    }

    fn remove(&self, place: &Place) -> Result<(), StorageError> {
        let path = self.path(place);
        patiently(|| std::fs::remove_file(&path)).map_err(self.failed("remove", &path))
    }

    fn list(&self, folder: Folder) -> Result<Vec<String>, StorageError> {
        let path = self.folder(folder);
        let entries = match std::fs::read_dir(&path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed("read", &path)(error)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(self.failed("read", &path))?;
            // A name that is not valid text is not ours.
            names.extend(entry.file_name().into_string());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn sync_folder(&self, folder: Folder) -> Result<(), StorageError> {
        let path = self.folder(folder);
        replace::sync_folder(&path)?;
        // The folder's own name stands in its parent. Only folders of the store are made here.
        if folder != Folder::Sessions {
            replace::sync_folder(paths::folder(&path))?;
        }
        Ok(())
    }
}
