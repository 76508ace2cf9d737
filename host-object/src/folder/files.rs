//! Files in a folder that are replaced whole.
//!
//! Owns: nothing; `host-native` writes aside and renames.
//! Invariant: a file that was replaced survives a power cut. Nothing is made before a file is begun.

use super::{Folder, failed};
use crate::files::{End, Files};
use crate::objects::ObjectError;
use jcode_session_core::source::ByteSource;
use jcode_session_native::os::files::PathError;
use jcode_session_native::os::replace::{publish, temporary_for};
use jcode_session_native::os::{folders, paths};
use std::fs::File;
use tempfile::NamedTempFile;

impl Files for Folder {
    fn top(&self) -> Result<Vec<String>, ObjectError> {
        Ok(self.entries(&self.root)?.into_iter().map(|(name, ..)| name).collect())
    }

    fn end(&self, name: &str, most: u64) -> Result<Option<End>, ObjectError> {
        let Some(file) = self.plain(name)? else { return Ok(None) };
        let len = file.len();
        let bytes = file.read_vec(len.saturating_sub(most), usize::try_from(len.min(most)).unwrap_or_default());
        Ok(Some(End { bytes: bytes.map_err(|error| self.unread(name, &error))?, len }))
    }

    fn open(&self, name: &str) -> Result<Option<File>, ObjectError> {
        Ok(self.plain(name)?.map(File::from))
    }

    fn begin(&self, name: &str) -> Result<NamedTempFile, ObjectError> {
        let path = self.path(name);
        let folder = paths::folder(&path);
        folders::make_all(folder).map_err(failed("make", folder))?;
        temporary_for(&path).map_err(of_path)
    }

    fn replace(&self, name: &str, with: NamedTempFile) -> Result<(), ObjectError> {
        publish(with, &self.path(name)).map_err(of_path)
    }

    fn shown(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}

fn of_path(error: PathError) -> ObjectError {
    failed(error.action, &error.path)(error.source)
}
