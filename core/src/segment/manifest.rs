//! `segments/manifest.json`: the segments, and the means to recognise which of two layouts the log has.
//!
//! If you change its form, then change section 7.7 of `docs/format.md` too.
//!
//! Owns: the form of the manifest.
//! Invariant: it describes the layouts before and after the last change, each recognised by the start of the log's own
//! file. So the rename of that file is the moment of the change, and the manifest is written first.
//! Does not: decide which layout is in force; see [`super::in_force`].

use super::layout::Layout;
use super::range::Segment;
use crate::storage::Name;
use crate::store::LogState;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Its name in `segments/`.
pub const MANIFEST: &str = "manifest.json";

/// Greatest size of a manifest in bytes.
pub(super) const MAX_MANIFEST: u64 = 16 << 20;

const VERSION: u32 = 1;

/// One layout of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// How many of the segments it has; 0: the log is one plain file.
    pub segments: usize,
    /// Length and fingerprint of the start of the log's own file: its header and, if there is one, at least one more
    /// line.
    pub witness: LogState,
}

/// The segments, and the two layouts of the last change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    version: u32,
    /// The segments of the layout that has more of them, in log order.
    pub segments: Vec<Segment>,
    /// Layout before the last change.
    pub before: State,
    /// Layout after it.
    pub after: State,
}

impl Manifest {
    /// The manifest of a change.
    #[must_use]
    pub const fn new(segments: Vec<Segment>, before: State, after: State) -> Self {
        Self { version: VERSION, segments, before, after }
    }

    /// Reads a manifest; `None` if it is torn, has another version, or describes no layout.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let read: Self = serde_json::from_slice(bytes).ok()?;
        let joined = read.segments.is_empty() || Layout::new(read.segments.clone()).is_some();
        let within = |state: &State| state.segments <= read.segments.len();
        (read.version == VERSION && joined && within(&read.before) && within(&read.after)).then_some(read)
    }

    /// The stored form.
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
