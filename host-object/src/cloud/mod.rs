//! A bucket or container as a store.
//!
//! Owns: objects below a prefix of a cloud's store, by requests of which each answers one question.
//! Invariant: an object of an archive is only ever created, by a put whose condition the store checks. Whether an answer
//! proves anything is not decided here: what may have been done is [`Answer::Unclear`]. No message holds a secret.

mod failure;
#[cfg(feature = "parquet")]
mod files;
mod http;
mod open;
mod runtime;

use crate::address::Provider;
use crate::objects::{Failure, Listed, ObjectError, Objects};
use failure::Told;
use futures_util::TryStreamExt;
use http::{Seen, watching};
use jcode_session_core::archive::Answer;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use open::Opened;
use runtime::Runtime;
use std::ops::Range;
use std::sync::Arc;

/// A bucket or container as a store.
#[derive(Debug)]
pub(crate) struct Cloud {
    store: Arc<dyn ObjectStore>,
    /// Below which all objects are; empty for the whole bucket.
    prefix: Path,
    url: String,
    provider: Provider,
    /// Number of the client that asks the store itself; those before it ask for credentials.
    client: usize,
    runtime: Runtime,
}

/// What came of a request, and what the store said last.
type Came<T> = (Result<T, object_store::Error>, Seen);

impl Cloud {
    /// The store that a URL names, with what the environment says about it; `None` if its kind is not built in.
    pub(crate) fn open(url: &str, provider: Provider) -> Result<Option<Self>, ObjectError> {
        let Some(opened) = open::open(url, provider)? else { return Ok(None) };
        let Opened { store, prefix, client } = opened;
        let url = url.trim_end_matches('/').to_string();
        let failed = |error: std::io::Error| ObjectError::new("reach", url.as_str(), error.to_string());
        let runtime = Runtime::start().map_err(failed)?;
        Ok(Some(Self { store, prefix, url, provider, client, runtime }))
    }

    /// The object of a name.
    fn path(&self, name: &str) -> Result<Path, ObjectError> {
        let name = name.trim_end_matches('/');
        let path = match self.prefix.as_ref() {
            "" => Path::parse(name),
            prefix => Path::parse(format!("{prefix}/{name}")),
        };
        path.map_err(|_| ObjectError::new("name", self.shown(name), "no object can have this name"))
    }

    /// The name of an object.
    fn name(&self, path: &Path) -> Option<String> {
        let path = path.as_ref();
        match self.prefix.as_ref() {
            "" => Some(path.to_string()),
            prefix => path.strip_prefix(prefix)?.strip_prefix('/').map(str::to_string),
        }
    }

    /// Waits for an answer.
    fn ask<T, F>(&self, ask: impl FnOnce(Arc<dyn ObjectStore>) -> F) -> Came<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, object_store::Error>> + Send + 'static,
    {
        let came = self.runtime.wait(watching(ask(Arc::clone(&self.store))));
        came.unwrap_or_else(|| self.stopped())
    }

    /// What came of a request that came to no end.
    fn stopped<T>(&self) -> Came<T> {
        let stopped = object_store::Error::Generic { store: "client", source: "it stopped".into() };
        (Err(stopped), Seen { client: self.client, ..Seen::default() })
    }

    fn told(&self, error: &object_store::Error, seen: Seen) -> Told {
        Told::of(error, seen, self.client)
    }

    fn failed(&self, action: &'static str, name: &str, told: &Told) -> ObjectError {
        ObjectError::new(action, self.shown(name), told.message(self.provider)).because(told.failure)
    }
}

impl Objects for Cloud {
    fn put(&self, name: &str, bytes: &[u8]) -> Result<Answer, ObjectError> {
        let (path, payload) = (self.path(name)?, bytes.to_vec());
        let (put, seen) = self.ask(|store| async move {
            store.put_opts(&path, payload.into(), PutOptions::from(PutMode::Create)).await.map(drop)
        });
        match put {
            Ok(()) => Ok(Answer::Stored),
            Err(object_store::Error::AlreadyExists { .. }) => Ok(Answer::Exists),
            Err(error) => match self.told(&error, seen) {
                told if told.may_be_done => Ok(Answer::Unclear),
                told => Err(self.failed("write", name, &told)),
            },
        }
    }

    fn get(&self, name: &str, most: u64) -> Result<Option<Vec<u8>>, ObjectError> {
        let path = self.path(name)?;
        let (got, seen) = self.ask(|store| async move {
            let got = store.get_opts(&path, GetOptions::default()).await?;
            match got.meta.size {
                len if len > most => Ok(Err(len)),
                _ => got.bytes().await.map(Ok),
            }
        });
        match got {
            Ok(Ok(bytes)) => Ok(Some(bytes.into())),
            Ok(Err(len)) => Err(ObjectError::too_long(self.shown(name), len, most)),
            Err(error) => self.nothing(name, &self.told(&error, seen)),
        }
    }

    fn get_range(&self, name: &str, range: Range<u64>) -> Result<Option<Vec<u8>>, ObjectError> {
        let (path, len) = (self.path(name)?, range.end.saturating_sub(range.start));
        let (got, seen) = self.ask(|store| async move {
            match len {
                0 => store.head(&path).await.map(|_| Vec::new()),
                _ => {
                    let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
                    store.get_opts(&path, options).await?.bytes().await.map(Vec::from)
                }
            }
        });
        match got {
            Ok(bytes) => Ok(Some(bytes).filter(|bytes| bytes.len() as u64 == len)),
            Err(error) => self.nothing(name, &self.told(&error, seen)),
        }
    }

    fn list(&self, folder: &str, after: Option<&str>) -> Result<Vec<Listed>, ObjectError> {
        let path = self.path(folder)?;
        let after = after.map(|after| self.path(after)).transpose()?;
        let (listed, seen) = self.ask(|store| async move {
            let listed = match after {
                Some(after) => store.list_with_offset(Some(&path), &after),
                None => store.list(Some(&path)),
            };
            listed.try_collect::<Vec<_>>().await
        });
        let listed = listed.map_err(|error| self.failed("list", folder, &self.told(&error, seen)))?;
        let listed = listed.iter().filter_map(|meta| Some(Listed { name: self.name(&meta.location)?, len: meta.size }));
        let mut listed: Vec<Listed> = listed.collect();
        listed.sort_unstable();
        Ok(listed)
    }

    fn folders(&self, folder: &str) -> Result<Vec<String>, ObjectError> {
        let path = self.path(folder)?;
        let (listed, seen) = self.ask(|store| async move { store.list_with_delimiter(Some(&path)).await });
        let listed = listed.map_err(|error| self.failed("list", folder, &self.told(&error, seen)))?;
        let last = |path: &Path| path.as_ref().rsplit('/').next().map(str::to_string);
        let mut names: Vec<String> = listed.common_prefixes.iter().filter_map(last).collect();
        names.sort_unstable();
        Ok(names)
    }

    fn is_empty(&self) -> Result<bool, ObjectError> {
        let prefix = self.prefix.clone();
        let (first, seen) = self.ask(|store| async move {
            let mut listed = store.list(Some(&prefix));
            while let Some(meta) = listed.try_next().await? {
                // Consoles make an object of no bytes for a folder.
                if meta.location != prefix || meta.size > 0 {
                    return Ok(false);
                }
            }
            Ok(true)
        });
        first.map_err(|error| self.failed("list", "", &self.told(&error, seen)))
    }

    fn shown(&self, name: &str) -> String {
        format!("{}/{name}", self.url)
    }
}

impl Cloud {
    /// No object, or why there is no answer.
    fn nothing<T>(&self, name: &str, told: &Told) -> Result<Option<T>, ObjectError> {
        let is_there_none = told.is_nothing && told.failure == Failure::Other;
        if is_there_none { Ok(None) } else { Err(self.failed("read", name, told)) }
    }
}
