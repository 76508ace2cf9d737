//! Where tables go.
//!
//! Owns: which place a URL means, the names of files there, and what is found of them.
//! Invariant: tables are not mixed with an archive of sessions, nor in a cloud with other things. Of a file that is up to
//! date nothing is read but its end.

use super::form::{Footer, digest};
use crate::address::{Address, Provider, without_query};
use crate::archive::OpenError;
use crate::files::Files;
use crate::folder::Folder;
use crate::objects::ObjectError;
use jcode_session_core::archive::name::MARKER;
use jcode_session_core::fleet::TABLES;
use std::sync::Arc;

/// Bytes of a file's end that are asked for first. A footer has about 5 KB for each row group.
const END: u64 = 16 << 10;

/// A place for tables.
#[derive(Debug, Clone)]
pub struct Target {
    files: Arc<dyn Files>,
    url: String,
    is_remote: bool,
}

/// Why tables cannot stand in a place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// An archive is there.
    #[error("{0} holds an archive of sessions; name another place for tables, a folder beside it for one")]
    Archive(String),
    /// Something else is there.
    #[error("{url} holds `{what}` and no tables; name a prefix that is empty, or holds tables")]
    Other {
        /// The place.
        url: String,
        /// One of the things there.
        what: String,
    },
    /// It cannot be looked at.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// A file of a table, as it is before an export.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) is_there: bool,
    /// What it was made of.
    pub(super) digest: Option<String>,
}

impl Target {
    /// The place at a URL or path. Nothing is asked yet.
    ///
    /// # Errors
    /// If there are no such places, or they are not built in.
    pub fn open(url: &str) -> Result<Self, OpenError> {
        let (files, is_remote): (Arc<dyn Files>, bool) = match Address::of(url) {
            Address::Folder(path) => (Arc::new(Folder::new(path)), false),
            Address::Cloud(provider) => (in_cloud(url, provider)?, true),
            Address::Unknown(kind) => return Err(OpenError::Kind(kind.to_string())),
        };
        Ok(Self { files, url: url.trim_end_matches('/').to_string(), is_remote })
    }

    /// Any place for files; `url` names it in messages.
    #[must_use]
    pub fn over(files: Arc<dyn Files>, url: &str) -> Self {
        Self { files, url: url.to_string(), is_remote: true }
    }

    /// Whether it is on another machine.
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        self.is_remote
    }

    /// What names it in messages.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn files(&self) -> &dyn Files {
        &*self.files
    }

    /// Refuses a place that holds something else. What stands beside tables in a folder is seen by whoever names it.
    pub(super) fn check(&self) -> Result<(), Unfit> {
        let top = self.files.top()?;
        if top.iter().any(|name| name == MARKER) {
            return Err(Unfit::Archive(self.url.clone()));
        }
        let has_tables = top.iter().any(|name| TABLES.iter().any(|(table, _)| name == table));
        match top.into_iter().next() {
            Some(what) if self.is_remote && !has_tables => Err(Unfit::Other { url: self.url.clone(), what }),
            _ => Ok(()),
        }
    }

    /// What is there of a file.
    pub(super) fn find(&self, name: &str) -> Result<Found, ObjectError> {
        let mut most = END;
        loop {
            let Some(end) = self.files.end(name, most)? else { return Ok(Found::default()) };
            match digest(&end.bytes) {
                Footer::Digest(digest) => return Ok(Found { is_there: true, digest }),
                Footer::Longer(len) if len > most && len <= end.len => most = len,
                Footer::Longer(_) => return Ok(Found { is_there: true, digest: None }),
            }
        }
    }
}

/// The file of a table, day and machine.
pub(super) fn name(table: &str, date: &str, machine: &str) -> String {
    format!("{table}/session_date={date}/machine={machine}/part-0.parquet")
}

#[cfg(feature = "cloud")]
fn in_cloud(url: &str, provider: Provider) -> Result<Arc<dyn Files>, OpenError> {
    let not_built_in = || OpenError::NotBuiltIn { url: without_query(url), feature: provider.feature() };
    Ok(Arc::new(crate::cloud::Cloud::open(url, provider)?.ok_or_else(not_built_in)?))
}

#[cfg(not(feature = "cloud"))]
fn in_cloud(url: &str, provider: Provider) -> Result<Arc<dyn Files>, OpenError> {
    Err(OpenError::NotBuiltIn { url: without_query(url), feature: provider.feature() })
}
