//! How files are opened: never through a link, and private to the user where they are made.
//!
//! Owns: the flags for that. Invariant: opening waits for nobody, though a pipe may stand under the name.

use crate::os::files::PathError;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file itself for reading.
pub(crate) fn open_itself(path: &Path) -> Result<File, PathError> {
    no_follow(OpenOptions::new().read(true)).open(path).map_err(PathError::new("open", path))
}

/// Opens a file for reading and writing; makes it, if there is none.
pub(crate) fn open_or_make(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().read(true).write(true).create(true).truncate(false)).open(path)
}

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        use std::os::unix::fs::OpenOptionsExt;

        /// Opens a file itself, never what a link leads to, and waits for no other end of a pipe.
        pub(crate) fn no_follow(options: &mut OpenOptions) -> &mut OpenOptions {
            options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        }

        /// A file that only its user can read, if it is made by this.
        pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
            no_follow(options).mode(0o600)
        }
    } else {
        pub(crate) fn no_follow(options: &mut OpenOptions) -> &mut OpenOptions {
            options
        }

        pub(crate) fn private(options: &mut OpenOptions) -> &mut OpenOptions {
            options
        }
    }
}
