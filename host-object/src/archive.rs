//! An archive: a store with its marker.
//!
//! Owns: which kind of store a URL means, the marker, and putting one object so that it is certain what is there.
//! Invariant: a store that holds other things and has no marker is refused. Only what was read back or plainly confirmed
//! counts as put.

use crate::address::{Address, Provider, without_query};
#[cfg(feature = "cloud")]
use crate::cloud::Cloud;
use crate::folder::Folder;
use crate::objects::{ObjectError, Objects};
use jcode_session_core::archive::name::MARKER;
use jcode_session_core::archive::{Marker, MarkerError, PutOnce, Step};
use jcode_session_native::os::host;
use std::sync::Arc;

/// Most bytes of a marker.
const MOST_MARKER: u64 = 64 << 10;

/// Why a store cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// There is no archive.
    #[error("{0} holds no archive; `push --all --store` makes one there")]
    Nothing(String),
    /// There is something else.
    #[error("{0} is not empty and holds no archive ({MARKER} is missing); name an empty folder")]
    Other(String),
    /// The marker is of no archive that can be used.
    #[error("{url}: {source}")]
    Marker {
        /// The store.
        url: String,
        /// The reason.
        source: MarkerError,
    },
    /// The store does not answer.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// Stores of this kind are known, but not here.
    #[error("{url}: stores of this kind are not built in here; build with the feature `{feature}`")]
    NotBuiltIn {
        /// The store.
        url: String,
        /// What it needs.
        feature: &'static str,
    },
    /// There is no store of this kind.
    #[error(
        "there are no stores of the kind `{0}:`; a folder is `file:///path` or a path, a cloud `s3://bucket/prefix`, \
         `az://container/prefix` or `gs://bucket/prefix`"
    )]
    Kind(String),
}

/// Why an object is not in the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PutError {
    /// Another object has its name.
    #[error("{0} holds other bytes than belong there; look at it, `verify --store` tells more")]
    Taken(String),
    /// The store gave no clear answer.
    #[error("the store gave no clear answer about {0}; run again")]
    Unclear(String),
    /// The store refused.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

/// An archive, or a place for one.
#[derive(Debug, Clone)]
pub struct Archive {
    objects: Arc<dyn Objects>,
    url: String,
    marker: Option<Marker>,
}

impl Archive {
    /// Opens the archive at a URL or path. An empty place is one without a marker.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open(url: &str) -> Result<Self, OpenError> {
        Self::over(objects_of(url)?, url)
    }

    /// Opens the archive in a store of any kind; `url` names it in messages.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn over(objects: Arc<dyn Objects>, url: &str) -> Result<Self, OpenError> {
        let url = url.trim_end_matches('/').to_string();
        let mut found = objects.get(MARKER, MOST_MARKER)?;
        if found.is_none() && !objects.is_empty()? {
            // Another push may have made it since: it comes before all else, so that now it is there, or never was.
            found = objects.get(MARKER, MOST_MARKER)?;
            if found.is_none() {
                return Err(OpenError::Other(url));
            }
        }
        let marker = found.map(|bytes| marker(&bytes, &url)).transpose()?;
        Ok(Self { objects, url, marker })
    }

    /// Makes the archive, if there is none.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn make(&mut self) -> Result<(), OpenError> {
        if self.marker.is_some() {
            return Ok(());
        }
        let ours = Marker::new(host::new_id());
        match self.put(MARKER, &ours.bytes(), &|_| false) {
            Ok(_) => self.marker = Some(ours),
            // Another push made it meanwhile.
            Err(PutError::Taken(_)) => {
                let bytes = self.objects.get(MARKER, MOST_MARKER)?.unwrap_or_default();
                self.marker = Some(marker(&bytes, &self.url)?);
            }
            Err(PutError::Object(error)) => return Err(error.into()),
            Err(PutError::Unclear(what)) => {
                return Err(ObjectError::new("make", what, "the store gives no clear answer").into());
            }
        }
        Ok(self.objects.settle()?)
    }

    /// The archive, if there is one.
    ///
    /// # Errors
    /// [`OpenError::Nothing`] if there is none.
    pub fn existing(self) -> Result<Self, OpenError> {
        if self.marker.is_some() { Ok(self) } else { Err(OpenError::Nothing(self.url)) }
    }

    /// Its objects.
    #[must_use]
    pub const fn objects(&self) -> &Arc<dyn Objects> {
        &self.objects
    }

    /// Its URL, without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its id; `None` before it is made.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.marker.as_ref().map(|marker| marker.store.as_str())
    }

    /// Puts an object. What is there already may be ours by its bytes, or because `is_ours` says so of them. Returns
    /// those bytes, if they are not ours byte for byte.
    ///
    /// # Errors
    /// See [`PutError`].
    pub fn put(&self, name: &str, bytes: &[u8], is_ours: &dyn Fn(&[u8]) -> bool) -> Result<Option<Vec<u8>>, PutError> {
        let mut put = PutOnce::default();
        let mut there = None;
        loop {
            match put.step() {
                Step::Put => put.answered(self.objects.put(name, bytes)?),
                Step::ReadBack => {
                    // Ours in another packing may be longer, but not by much.
                    let most = (bytes.len() as u64).saturating_mul(2).saturating_add(64 << 10);
                    let found = self.objects.get(name, most)?;
                    put.read_back(found.as_ref().map(|found| found == bytes || is_ours(found)));
                    there = found.filter(|found| found != bytes);
                }
                Step::Done => return Ok(there),
                Step::Taken => return Err(PutError::Taken(self.objects.shown(name))),
                Step::GiveUp => return Err(PutError::Unclear(self.objects.shown(name))),
            }
        }
    }
}

fn marker(bytes: &[u8], url: &str) -> Result<Marker, OpenError> {
    Marker::read(bytes).map_err(|source| OpenError::Marker { url: url.to_string(), source })
}

fn objects_of(url: &str) -> Result<Arc<dyn Objects>, OpenError> {
    match Address::of(url) {
        Address::Folder(path) => Ok(Arc::new(Folder::new(path))),
        Address::Cloud(cloud) => in_cloud(url, cloud),
        Address::Unknown(kind) => Err(OpenError::Kind(kind.to_string())),
    }
}

#[cfg(feature = "cloud")]
fn in_cloud(url: &str, provider: Provider) -> Result<Arc<dyn Objects>, OpenError> {
    let not_built_in = || OpenError::NotBuiltIn { url: without_query(url), feature: provider.feature() };
    Ok(Arc::new(Cloud::open(url, provider)?.ok_or_else(not_built_in)?))
}

#[cfg(not(feature = "cloud"))]
fn in_cloud(url: &str, provider: Provider) -> Result<Arc<dyn Objects>, OpenError> {
    Err(OpenError::NotBuiltIn { url: without_query(url), feature: provider.feature() })
}
