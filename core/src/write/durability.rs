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

impl Durability {
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
