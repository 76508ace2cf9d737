//! Paths of the scripts and packages that measurements use.
//!
//! Owns: the path from this crate to the root of the project.

use std::path::{Path, PathBuf};

/// A file or folder of the project, by its path from the root.
pub fn path(from_root: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(from_root)
}
