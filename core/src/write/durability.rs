//! Durability modes: when an append is acknowledged and when the log is synced.
//!
//! If you change a mode, then change the table in section 5.2 of `docs/format.md` too.
//!
//! Owns: the three modes and their names.
//! Invariant: this enum and that table agree.

use alloc::string::{String, ToString};

/// Default number of entries after which `balanced` syncs.
const DEFAULT_ENTRIES: u32 = 1024;
/// Default number of milliseconds after which `balanced` syncs.
const DEFAULT_MILLIS: u32 = 200;

/// Durability of an acknowledged append.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Acknowledged once it is on the disk: neither a kill nor a power cut loses it.
    Strict,
    /// Acknowledged once the kernel has it: a kill loses nothing, a power cut at most the last `entries` entries or
    /// those of the last `millis` milliseconds.
    Balanced {
        /// Sync at the latest when this many entries are unsynced.
        entries: u32,
        /// Sync at the latest this long after the first unsynced entry.
        millis: u32,
    },
    /// Acknowledged once it is buffered: a kill or a power cut may lose entries that were not flushed.
    Throughput,
}

/// The event at which an append is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AckPoint {
    /// It is in the writer's buffer.
    Buffered,
    /// The kernel has it.
    Written,
    /// It is on the disk.
    Synced,
}

/// Limits for unsynced entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncBounds {
    /// Number of entries, at least 1.
    pub entries: u32,
    /// Milliseconds since the first unsynced entry was written.
    pub millis: u32,
}

impl Durability {
    /// The event at which an append is acknowledged.
    #[must_use]
    pub const fn acknowledges_at(self) -> AckPoint {
        match self {
            Self::Strict => AckPoint::Synced,
            Self::Balanced { .. } => AckPoint::Written,
            Self::Throughput => AckPoint::Buffered,
        }
    }

    /// The limits after which the log is synced; `None` in modes that sync with each group, or only on flush.
    #[must_use]
    pub const fn sync_bounds(self) -> Option<SyncBounds> {
        match self {
            Self::Balanced { entries, millis } => {
                Some(SyncBounds { entries: if entries == 0 { 1 } else { entries }, millis })
            }
            Self::Strict | Self::Throughput => None,
        }
    }

    /// True if the sidecar takes rows before they are synced. One sync may cover a whole session here; otherwise
    /// indexing would begin only when the writer closes.
    #[must_use]
    pub const fn indexes_ahead(self) -> bool {
        matches!(self, Self::Throughput)
    }

    /// The name in options and environment variables.
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

/// An unknown name of a durability mode.
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
