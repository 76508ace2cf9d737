//! What the rest of `os` asks of Windows.
//!
//! Owns: access rights, sharing, stamps, locks and facts of the machine as Windows has them; `unix` has the same
//! functions under the same names.
//! Invariant: only what a platform has of its own stands here; what is built on it stands beside.

mod calls;

pub(super) use calls::{is_alive, stamp_of_open, try_lock, unlock};
use jcode_session_core::source::identity::FileStamp;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fs::{DirBuilder, DirEntry, File, FileType, Metadata, OpenOptions};
use std::io;
use std::os::windows::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_CANT_RESOLVE_FILENAME, ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER,
    ERROR_LOCK_VIOLATION, ERROR_NOT_SUPPORTED, ERROR_SHARING_VIOLATION, ERROR_USER_MAPPED_FILE,
};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ADD_FILE, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_READ_ATTRIBUTES,
};

pub(super) fn open_to_read(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// Opens what stands at the path itself: refuses links. To open them as such would be the same for files that are
/// deduplicated or lie in a cloud, which could then not be read.
pub(super) fn open_itself(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    if std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) {
        return Err(error(ERROR_CANT_RESOLVE_FILENAME));
    }
    options.open(path)
}

/// Like [`open_itself`]. Who may read a file that is made says the list of its folder, which it inherits.
pub(super) fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    open_itself(options, path)
}

/// Folders inherit the list of the folder above.
pub(super) const fn private_folders(_: &mut DirBuilder) {}

/// Files inherit the list of their folder.
pub(super) const fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Whether other users can read or write a file: whoever can enter its folder.
pub(super) const fn is_open_to_others(_: &Metadata) -> bool {
    false
}

pub(super) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !buffer.is_empty() {
        let read = file.seek_read(buffer, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        buffer = &mut buffer[read..];
        offset += read as u64;
    }
    Ok(())
}

/// Sets the length of an open file, which has this path. A handle that appends may not, so another one does.
pub(super) fn set_len(file: &File, path: &Path, len: u64) -> io::Result<()> {
    let other = open_itself(OpenOptions::new().write(true), path)?;
    if !stamp_of_open(&other)?.is_same_file(&stamp_of_open(file)?) {
        return Err(io::Error::other("it was replaced meanwhile"));
    }
    other.set_len(len)
}

/// Replaces a file that others have open: they keep the old one, if they share its deletion, as all of the standard
/// library do.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to)
}

/// Makes the names in a folder durable: NTFS then writes its journal. Where a file system knows no such thing, names
/// are as durable as it makes them.
pub(super) fn sync_file_system(_: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let open = options.access_mode(FILE_ADD_FILE).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(folder)?;
    let unknown = [ERROR_ACCESS_DENIED, ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER, ERROR_NOT_SUPPORTED];
    match open.sync_all() {
        Err(error) if !unknown.into_iter().any(|code| is(&error, code)) => Err(error),
        _ => Ok(()),
    }
}

/// Whether a call that failed so may succeed in a moment: scanners, indexers and copiers hold a file for so long.
pub(super) fn may_pass(error: &io::Error) -> bool {
    let passing = [ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION, ERROR_USER_MAPPED_FILE];
    passing.into_iter().any(|code| is(error, code))
}

/// Whether the error comes from a link that leads to itself.
pub(super) fn is_loop(error: &io::Error) -> bool {
    is(error, ERROR_CANT_RESOLVE_FILENAME)
}

fn is(error: &io::Error, code: u32) -> bool {
    error.raw_os_error() == Some(code.cast_signed())
}

fn error(code: u32) -> io::Error {
    io::Error::from_raw_os_error(code.cast_signed())
}

/// What a file of a kind of its own is: there are none that a folder lists.
pub(super) const fn special(_: FileType) -> Option<&'static str> {
    None
}

/// Opens a file or folder for its metadata alone, whatever it is shared for.
fn open_to_look(path: &Path, flags: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.access_mode(FILE_READ_ATTRIBUTES).custom_flags(FILE_FLAG_BACKUP_SEMANTICS | flags).open(path)
}

fn look(file: &File) -> io::Result<(Metadata, FileStamp)> {
    Ok((file.metadata()?, stamp_of_open(file)?))
}

/// Metadata and stamp of a path, following links.
pub(super) fn look_through(path: &Path) -> io::Result<(Metadata, FileStamp)> {
    look(&open_to_look(path, 0)?)
}

/// Metadata and stamp of a path, which may be a link.
pub(super) fn look_at(path: &Path) -> io::Result<(Metadata, FileStamp)> {
    look(&open_to_look(path, FILE_FLAG_OPEN_REPARSE_POINT)?)
}

/// Metadata and stamp of what a folder lists, which may be a link. The folder's own copy of them has no file id, and is
/// old while a file is written.
pub(super) fn look_at_entry(entry: &DirEntry) -> io::Result<(Metadata, FileStamp)> {
    look_at(&entry.path())
}

/// The stamp of whatever stands at a path, which may be a link.
pub(super) fn stamp_at(path: &Path) -> io::Result<FileStamp> {
    stamp_of_open(&open_to_look(path, FILE_FLAG_OPEN_REPARSE_POINT)?)
}

/// Sets the mtime of a file, in Unix milliseconds.
pub(super) fn set_mtime(path: &Path, ms: i64) -> io::Result<()> {
    let since = Duration::from_millis(u64::try_from(ms).unwrap_or_default());
    open_itself(OpenOptions::new().write(true), path)?.set_modified(UNIX_EPOCH + since)
}

/// Fails if the user may not make files in a folder.
pub(super) fn may_write_in(folder: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.access_mode(FILE_ADD_FILE).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(folder).map(drop)
}

/// Number of bytes that the user may still write to the file system of a folder.
pub(super) fn free_space(folder: &Path) -> io::Result<u64> {
    fs4::available_space(folder)
}

/// The process that holds the lock of a file: the system does not tell.
pub(super) const fn locked_by(_: &File) -> Option<u32> {
    None
}

pub(super) fn host_name() -> Option<String> {
    std::env::var("COMPUTERNAME").ok()
}

/// Windows counts its boots only where it prefetches programs, so there is none.
pub(super) const fn boot_id() -> Option<String> {
    None
}

/// The absolute path without links, and without `\\?\` where it can be without.
pub(super) fn real_path(path: &Path) -> io::Result<PathBuf> {
    dunce::canonicalize(path)
}

/// The text of a path as the system writes it: with one kind of slash.
pub(super) fn plain(path: String) -> String {
    if path.contains('/') { path.replace('/', "\\") } else { path }
}

/// What means itself to `cmd` and to PowerShell, beside letters and digits.
pub(super) const BARE: &[u8] = b"\\/._-+:@";

/// No name has a quote in it.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// The path of the bytes that [`OsStr::as_encoded_bytes`] gave.
pub(super) fn path_of(bytes: &[u8]) -> Cow<'_, Path> {
    Cow::Owned(String::from_utf8_lossy(bytes).into_owned().into())
}

/// The path in which each `\xNN` of a text is the byte that it stands for: names are text here.
pub(super) const fn unescaped(_: &OsStr) -> Option<PathBuf> {
    None
}
