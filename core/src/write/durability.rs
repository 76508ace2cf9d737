//! When an append is acknowledged and when the log is synced.
//!
//! Owns: the three modes and their names. Invariant: section 5's table of `docs/format.md` is this enum.
//! Does not: sync.

use alloc::string::{String, ToString};

/// Entries after which `balanced` syncs, unless told otherwise.
const DEFAULT_ENTRIES: u32 = 1024;
/// Milliseconds after which `balanced` syncs, unless told otherwise.
const DEFAULT_MILLIS: u32 = 200;

/// What an acknowledged append has survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Acknowledged once it is on the disk: loses nothing to a kill or a power cut.
    Strict,
    /// Acknowledged once the kernel has it: loses nothing to a kill, and to a power cut at most the last `entries`
    /// entries or those of the last `millis` milliseconds.
    Balanced {
        /// Sync at the latest when this many entries are not yet synced.
        entries: u32,
        /// Sync at the latest this long after the first entry that is not yet synced.
        millis: u32,
    },
    /// Acknowledged once it is buffered: may lose what was not flushed.
    Throughput,
}

/// The event at which an append is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckPoint {
    /// It stands in the writer's buffer.
    Buffered,
    /// The kernel has it.
    Written,
    /// It is on the disk.
    Synced,
}

/// What may wait for a sync at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncBounds {
    /// Entries, at least 1.
    pub entries: u32,
    /// Milliseconds since the first of them was written.
    pub millis: u32,
}

impl Durability {
    /// When an append is acknowledged.
    #[must_use]
    pub const fn acknowledges_at(self) -> AckPoint {
        match self {
            Self::Strict => AckPoint::Synced,
            Self::Balanced { .. } => AckPoint::Written,
            Self::Throughput => AckPoint::Buffered,
        }
    }

    /// Within which bounds the log is synced by itself; `None` where each group or only a flush is.
    #[must_use]
    pub const fn sync_bounds(self) -> Option<SyncBounds> {
        match self {
            Self::Balanced { entries, millis } => {
                Some(SyncBounds { entries: if entries == 0 { 1 } else { entries }, millis })
            }
            Self::Strict | Self::Throughput => None,
        }
    }

    /// One sync may cover a whole session: an index takes its rows in before that, or it begins only when the writer
    /// ends.
    #[must_use]
    pub const fn indexes_ahead(self) -> bool {
        matches!(self, Self::Throughput)
    }

    /// The name in options and the environment.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Balanced { .. } => "balanced",
            Self::Throughput => "throughput",
        }
    }
}

impl Default for Durability {
    fn default() -> Self {
        Self::Balanced { entries: DEFAULT_ENTRIES, millis: DEFAULT_MILLIS }
    }
}

impl core::fmt::Display for Durability {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is none of the three.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no durability mode; use strict, balanced or throughput")]
pub struct UnknownDurability(pub String);

impl core::str::FromStr for Durability {
    type Err = UnknownDurability;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "strict" => Ok(Self::Strict),
            "balanced" => Ok(Self::default()),
            "throughput" => Ok(Self::Throughput),
            other => Err(UnknownDurability(other.to_string())),
        }
    }
}
