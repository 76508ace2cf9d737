//! The marker: what makes a folder or bucket an archive.
//!
//! Owns: the form of `jcode-store.json`.
//! Invariant: it is created once and never changed. An archive of a newer or encrypted form is refused, not guessed at.

use super::name::{MARKER, is_id};
use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

const FORMAT: u32 = 1;
const NONE: &str = "none";

/// What the marker says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    format: u32,
    /// A random id.
    pub store: String,
    encryption: String,
}

/// Why a store cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MarkerError {
    /// It is of a newer form.
    #[error("the archive has format {0}, this software knows {FORMAT}; use a newer one")]
    Newer(u32),
    /// It is encrypted in a way that this software does not know.
    #[error("the archive is encrypted (`{0}`), which this software cannot read")]
    Encrypted(String),
    /// The marker is none.
    #[error("{MARKER} cannot be read; put it back from a copy")]
    Broken,
}

impl Marker {
    /// The marker of a new archive.
    #[must_use]
    pub fn new(store: String) -> Self {
        Self { format: FORMAT, store, encryption: NONE.into() }
    }

    /// Reads a marker.
    ///
    /// # Errors
    /// See [`MarkerError`].
    pub fn read(bytes: &[u8]) -> Result<Self, MarkerError> {
        let read: Self = serde_json::from_slice(bytes).map_err(|_| MarkerError::Broken)?;
        if read.format != FORMAT {
            return Err(MarkerError::Newer(read.format));
        }
        if read.encryption != NONE {
            return Err(MarkerError::Encrypted(read.encryption));
        }
        if is_id(&read.store) { Ok(read) } else { Err(MarkerError::Broken) }
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}
