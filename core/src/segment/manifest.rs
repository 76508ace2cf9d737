//! `segments/manifest.json`: which segments there are, and how to tell whether the log uses them.
//!
//! Owns: its form. Invariant: it describes the layout before and after the last change, and both are told by how the
//! log's own file begins; so the rename of that file is the moment of the change, and the manifest is written first.
//! Does not: decide which layout is in force; [`super::in_force`] does.

use super::layout::Layout;
use super::range::Segment;
use crate::storage::Name;
use crate::store::LogState;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Its name in `segments/`.
pub const MANIFEST: &str = "manifest.json";

/// Bytes that a manifest can have at most.
pub(super) const MAX_MANIFEST: u64 = 16 << 20;

const VERSION: u32 = 1;

/// The log in one layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// How many of the segments belong to it; 0: the log is one plain file.
    pub segments: usize,
    /// How the log's own file begins in it: its header and at least one line, where there is one.
    pub witness: LogState,
}

/// The segments, and the two layouts that may be in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    version: u32,
    /// The segments of the layout that has more of them, in the order of the log.
    pub segments: Vec<Segment>,
    /// Before the last change.
    pub before: State,
    /// After it.
    pub after: State,
}

impl Manifest {
    /// A manifest of a change.
    #[must_use]
    pub const fn new(segments: Vec<Segment>, before: State, after: State) -> Self {
        Self { version: VERSION, segments, before, after }
    }

    /// Reads one; `None` if it is torn, of another version, or describes no layout.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_slice(bytes).ok()?;
        let joined = read.segments.is_empty() || Layout::new(read.segments.clone()).is_some();
        let within = |state: &State| state.segments <= read.segments.len();
        (read.version == VERSION && joined && within(&read.before) && within(&read.after)).then_some(read)
    }

    /// The manifest as it is stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// The segments of one of its layouts.
    pub(super) fn segments_of(&self, state: &State) -> Vec<Segment> {
        self.segments.get(..state.segments).unwrap_or_default().to_vec()
    }
}

/// The manifest's name.
pub(super) fn name() -> Option<Name> {
    Name::new(MANIFEST)
}
