//! Where the scripts and packages stand that are measured with.
//!
//! Owns: the way from this crate to the rest of the project. Does not: look whether anything is there.

use std::path::{Path, PathBuf};

/// A file or folder of the project, by its path from the root.
pub fn path(from_root: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(from_root)
}
