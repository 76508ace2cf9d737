//! Arguments of commands that work with an archive.

use super::Mounted;
use clap::Args;
use std::ffi::OsString;

/// The store from which a command reads instead of from here.
#[derive(Debug, Clone, Default, Args)]
pub struct StoreArgs {
    /// Read the sessions in the archive at URL (a folder, or `s3:`, `az:`, `gs:`); without URL in that of JCODE_STORE
    #[arg(id = "session::store", long = "store", value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    pub store: Option<String>,
}

/// Flags of `push`.
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct PushArgs {
    /// Paths, ids, or starts of ids; all sessions if none is given
    #[arg(id = "session::sessions", value_name = "SESSION", conflicts_with = "session::all")]
    pub sessions: Vec<OsString>,
    /// Push all sessions (this is also what happens without SESSION)
    #[arg(id = "session::all", long = "all")]
    pub all: bool,
    /// The archive: a folder, or `s3:`, `az:` or `gs:`, where built in; else that of JCODE_STORE
    #[arg(id = "session::store", long = "store", value_name = "URL")]
    pub store: Option<String>,
    /// Put nothing; tell exactly what would be
    #[arg(id = "session::dry_run", long = "dry-run")]
    pub dry_run: bool,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
}

/// Flags of `pull`.
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct PullArgs {
    /// Ids in the archive, or starts of ids; behind `@` the machine whose history of it is meant
    #[arg(
        id = "session::sessions",
        value_name = "SESSION",
        required_unless_present = "session::all",
        conflicts_with = "session::all"
    )]
    pub sessions: Vec<String>,
    /// Pull all sessions
    #[arg(id = "session::all", long = "all")]
    pub all: bool,
    /// The archive: a folder, or `s3:`, `az:` or `gs:`, where built in; else that of JCODE_STORE
    #[arg(id = "session::store", long = "store", value_name = "URL")]
    pub store: Option<String>,
    /// Only what this machine pushed; another history than the one here comes into a file of its own
    #[arg(id = "session::machine", long = "machine", value_name = "M")]
    pub machine: Option<String>,
    /// Make a new session from the active path of each, whatever is here
    #[arg(id = "session::fork", long = "fork", conflicts_with_all = ["session::all", "session::dry_run", "session::json"])]
    pub fork: bool,
    /// Write nothing; tell exactly what would be done
    #[arg(id = "session::dry_run", long = "dry-run")]
    pub dry_run: bool,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
}
