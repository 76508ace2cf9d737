//! Arguments of commands that restore, repair, seal and prune.

use super::Mounted;
use super::SegmentArgs;
use crate::when;
use clap::Args;
use std::ffi::OsString;

/// Flags of `checkpoints`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct CheckpointsArgs {
    /// Path, id, or the start of an id
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// Take one of the state now, first
    #[arg(id = "session::take", long = "take")]
    pub take: bool,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
}

/// Flags of `rollback`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct RollbackArgs {
    /// Path, id, or the start of an id
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// The newest checkpoint at or before this time (RFC 3339, or a day), instead of the newest whose content differs from now
    #[arg(id = "session::to_checkpoint", long = "to-checkpoint", value_name = "TS", value_parser = when::until, conflicts_with = "session::undo")]
    pub to_checkpoint: Option<i64>,
    /// Write nothing; tell what would be done
    #[arg(id = "session::dry_run", long = "dry-run")]
    pub dry_run: bool,
    /// Take the last rollback or repair back, byte for byte
    #[arg(id = "session::undo", long = "undo")]
    pub undo: bool,
    /// With --undo: also if entries were appended since; they are set aside in quarantine
    #[arg(id = "session::force", long = "force", requires = "session::undo")]
    pub force: bool,
}

/// Flags of `repair`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct RepairArgs {
    /// Path, id, or the start of an id
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// Write nothing; tell what would be done
    #[arg(id = "session::dry_run", long = "dry-run")]
    pub dry_run: bool,
}

/// Flags of `seal`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct SealArgs {
    /// Path, id, or the start of an id
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// How older lines are stored.
    #[command(flatten)]
    pub segments: SegmentArgs,
    /// Decompress all segments
    #[arg(id = "session::plain", long = "plain", conflicts_with_all = ["session::undo", "session::compress", "session::segment_size", "session::dry_run"])]
    pub plain: bool,
    /// Put everything back into one file, byte for byte
    #[arg(id = "session::undo", long = "undo", conflicts_with_all = ["session::compress", "session::segment_size", "session::dry_run"])]
    pub undo: bool,
    /// Write nothing; tell what would be moved
    #[arg(id = "session::dry_run", long = "dry-run")]
    pub dry_run: bool,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
}

/// Flags of `prune`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct PruneArgs {
    /// Delete nothing; tell what would go
    #[arg(id = "session::dry_run", long = "dry-run")]
    pub dry_run: bool,
    /// Keep what was set aside in the last N days
    #[arg(id = "session::older_than", long = "older-than", value_name = "N", default_value_t = 30)]
    pub older_than: u32,
}
