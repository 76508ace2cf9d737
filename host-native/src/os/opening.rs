//! Opens files: never through a link, and private to the user if they are made.
//!
//! Owns: the open flags.
//! Invariant: opening never waits, even if a pipe stands under the name.

use crate::os::files::PathError;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Opens a file for reading. Refuses a link.
pub(crate) fn open_itself(path: &Path) -> Result<File, PathError> {
    no_follow(OpenOptions::new().read(true)).open(path).map_err(PathError::new("open", path))
}

/// Opens a file for reading and writing; makes it if it does not exist.
pub(crate) fn open_or_make(path: &Path) -> io::Result<File> {
    private(OpenOptions::new().read(true).write(true).create(true).truncate(false)).open(path)
}

cfg_if::cfg_if! {
    if #[cfg(unix)] {
        use std::os::unix::fs::OpenOptionsExt;

        /// Makes an open refuse links, and not wait for the other end of a pipe.
        pub(crate) fn no_follow(options: &mut OpenOptions) -> &mut OpenOptions {
            options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        }

        /// Like [`no_follow`], and a file that is made is private to its user.
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
