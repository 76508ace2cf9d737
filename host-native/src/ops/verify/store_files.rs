//! Verification of a log's store on the file system. Core judges.
//!
//! Owns: opening the files that the ledger names.
//! Invariant: no link is followed.

use crate::ops::verify::VerifyError;
use crate::os::log_file::LogFile;
use crate::os::paths;
use crate::os::stat;
use jcode_session_core::finding::Finding;
use jcode_session_core::source::ByteSource;
use jcode_session_core::store::ledger::Ledger;
use jcode_session_core::verify::{StoreFiles, glance_at_store, verify_source, verify_store};
use std::path::{Path, PathBuf};

/// The findings about the store of a log. `as_is` is the log, if it has the current dialect and all of its segments are
/// sound.
pub(super) fn check(log: &Path, ledger: &Ledger, as_is: Option<&LogFile>) -> Result<Vec<Finding>, VerifyError> {
    let as_is = as_is.map(|log| log as &dyn ByteSource);
    let failed = |source| VerifyError::Log { path: log.to_path_buf(), source };
    let store = Store(paths::store(log));
    let mut findings = verify_store(ledger, &store, as_is).map_err(failed)?;
    if let Some(as_is) = as_is {
        findings.extend(verify_source(as_is, &store).map_err(failed)?);
    }
    Ok(findings)
}

/// The findings that the ledger and the names in the store give, without reading the kept files.
pub(crate) fn glance(log: &Path, ledger: &Ledger) -> Vec<Finding> {
    glance_at_store(ledger, &Store(paths::store(log)))
}

struct Store(PathBuf);

impl StoreFiles for Store {
    type File = LogFile;

    fn open(&self, folder: &str, name: &str) -> Option<LogFile> {
        let path = self.0.join(folder).join(name);
        stat::plain_file(&path)?;
        LogFile::open(&path).ok()
    }
}
