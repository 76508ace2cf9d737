//! Detects that something else stands at a path: a folder in the place of a file, a link, a pipe.
//!
//! Owns: the kinds of files, and the messages about a wrong kind.
//! Invariant: a message names the path, what stands there, and the way out, which is the user's: nothing here moves or
//! removes anything.

use crate::os::path_text::shown;
use crate::os::system;
use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};

/// The kind that a path must have if it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A name that will be replaced: anything but a folder.
    Replaced,
}

/// Something else stands under a name that a file or folder of ours needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is {found}, where a {wanted} should stand; move it away", shown(path))]
pub struct InTheWay {
    /// The path.
    pub path: PathBuf,
    /// What stands there, with its article.
    pub found: &'static str,
    /// `file` or `folder`.
    pub wanted: &'static str,
}

/// Refuses a path of the wrong kind. A path that does not exist, or cannot be read, passes.
///
/// # Errors
/// [`InTheWay`] if the kind is wrong.
pub(crate) fn check(path: &Path, wanted: Wanted) -> Result<(), InTheWay> {
    let Ok(metadata) = std::fs::symlink_metadata(path) else { return Ok(()) };
    let (fits, wanted) = match wanted {
        Wanted::File => (metadata.is_file(), "file"),
        Wanted::Folder => (metadata.is_dir(), "folder"),
        Wanted::Replaced => (!metadata.is_dir(), "file"),
    };
    if fits { Ok(()) } else { Err(InTheWay { path: path.to_path_buf(), found: name_of(metadata.file_type()), wanted }) }
}

/// Refuses the first of these paths that has the wrong kind.
///
/// # Errors
/// [`InTheWay`] for that path.
pub(crate) fn check_all(names: impl IntoIterator<Item = (PathBuf, Wanted)>) -> Result<(), InTheWay> {
    names.into_iter().try_for_each(|(path, wanted)| check(&path, wanted))
}

fn name_of(kind: FileType) -> &'static str {
    if kind.is_symlink() {
        return "a symbolic link";
    }
    if kind.is_dir() {
        return "a folder";
    }
    if kind.is_file() {
        return "a file";
    }
    system::special(kind).unwrap_or("a device")
}

/// The error of opening a path that is no regular file; `None` for a regular file.
pub(crate) fn not_regular(kind: FileType) -> Option<io::Error> {
    (!kind.is_file()).then(|| io::Error::new(io::ErrorKind::InvalidInput, NotRegular(name_of(kind))))
}

#[derive(Debug, thiserror::Error)]
#[error("it is {0}, no regular file")]
struct NotRegular(&'static str);

/// Whether this error means that nothing usable for a reader stands at the path.
pub(crate) fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        || error.get_ref().is_some_and(|inner| inner.is::<NotRegular>())
        || system::is_loop(error)
}
