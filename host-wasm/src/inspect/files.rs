//! The files of one session, by role.
//!
//! Owns: which sources belong to the log, its v1 files and its store.
//! Invariant: files of the store are looked up by name.

use crate::error::{Code, Error};
use crate::segments::Log;
use jcode_session_core::dialect::jcode::V1Sources;
use jcode_session_core::source::ByteSource;
use jcode_session_core::store::ledger::{Head, Ledger};
use jcode_session_core::verify::StoreFiles;
use std::collections::BTreeMap;

/// The files of one session.
#[derive(Debug, Clone)]
pub struct Files<S> {
    /// Path or file name of the log, or of the snapshot if there is no log.
    pub name: String,
    /// The log.
    pub log: Option<S>,
    /// Its sidecar.
    pub sidecar: Option<S>,
    /// jcode's v1 snapshot.
    pub snapshot: Option<S>,
    /// Its journal.
    pub journal: Option<S>,
    /// Its backup.
    pub backup: Option<S>,
    /// Files of the store, by their path in it.
    pub store: BTreeMap<String, S>,
    /// mtime of the log, in Unix milliseconds.
    pub modified: i64,
}

impl<S: ByteSource + Clone> Files<S> {
    /// The files of a session that is only a log.
    pub fn log(name: &str, log: S) -> Self {
        Self { log: Some(log), ..Self::none(name) }
    }

    /// No files.
    pub fn none(name: &str) -> Self {
        Self {
            name: name.to_string(),
            log: None,
            sidecar: None,
            snapshot: None,
            journal: None,
            backup: None,
            store: BTreeMap::new(),
            modified: 0,
        }
    }

    /// The file's name without folder and ending.
    pub(super) fn stem(&self) -> String {
        let name = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        match name.rsplit_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem.to_string(),
            _ => name.to_string(),
        }
    }

    pub(super) fn v1(&self) -> V1Sources<Log<S>> {
        let plain = |file: &Option<S>| file.clone().map(Log::plain);
        V1Sources {
            session_id: self.stem(),
            snapshot: plain(&self.snapshot),
            bak: plain(&self.backup),
            journal: plain(&self.journal),
        }
    }

    /// The ledger. Without a ledger file it has no rows.
    pub(super) fn ledger(&self) -> Result<Ledger, Error> {
        let bytes = |name: &str| -> Result<Vec<u8>, Error> {
            let Some(file) = self.store.get(name) else { return Ok(Vec::new()) };
            Ok(file.read_vec(0, usize::try_from(file.len()).unwrap_or(usize::MAX))?)
        };
        let head = Head::read(&bytes("ledger.head")?);
        Ok(Ledger::read(&bytes("ledger.jsonl")?, head.as_ref()))
    }

    pub(super) fn v1_len(&self) -> u64 {
        [&self.snapshot, &self.journal].into_iter().flatten().map(ByteSource::len).sum()
    }
}

impl<S: ByteSource + Clone> StoreFiles for Files<S> {
    type File = S;

    fn open(&self, folder: &str, name: &str) -> Option<S> {
        self.store.get(&format!("{folder}/{name}")).cloned()
    }
}

/// One of the files of a session without a log.
pub(super) fn session_source<S>(files: &Files<S>) -> Result<&S, Error> {
    let source = files.snapshot.as_ref().or(files.journal.as_ref()).or(files.backup.as_ref());
    source.ok_or_else(|| Error::new(Code::BadArgument, "no file"))
}
