//! Arguments of commands that read one session, or the given paths.

use super::Mounted;
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Flags of `verify`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct VerifyArgs {
    /// Logs, folders, or session ids
    #[arg(id = "session::paths", required = true, value_name = "PATH")]
    pub paths: Vec<OsString>,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
}

/// Flags of `tree`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct TreeArgs {
    /// Path, id, or the start of an id
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
}

/// Flags of `show`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct ShowArgs {
    /// Path, id, or the start of an id
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// Only the last N entries
    #[arg(id = "session::tail", long = "tail", value_name = "N")]
    pub tail: Option<usize>,
    /// The path to this leaf instead of the active one
    #[arg(id = "session::path", long = "path", value_name = "LEAF", conflicts_with_all = ["session::file_order", "session::entry"])]
    pub path: Option<String>,
    /// All entries in the order of the file
    #[arg(id = "session::file_order", long = "file-order", conflicts_with = "session::entry")]
    pub file_order: bool,
    /// Only this entry, by its id or the start of it
    #[arg(id = "session::entry", long = "entry", value_name = "ID", conflicts_with = "session::tail")]
    pub entry: Option<String>,
    /// Print the raw lines of the log
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
}

/// Flags of `inspect`.
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct InspectArgs {
    /// Path, id, or the start of an id; without it the page lists all sessions
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: Option<OsString>,
    /// Serve on this port of 127.0.0.1; 0 takes any that is free
    #[arg(id = "session::port", long = "port", value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Print the address and start no browser
    #[arg(id = "session::no_open", long = "no-open")]
    pub no_open: bool,
}

/// Flags of `export`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct ExportArgs {
    /// Path, id, or the start of an id
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// What to write
    #[arg(id = "session::format", long = "format", value_enum, value_name = "FORMAT")]
    pub format: ExportFormat,
    /// Write to this file instead of standard output
    #[arg(id = "session::output", long = "output", short = 'o', value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace FILE if it exists
    #[arg(id = "session::force", long = "force", requires = "session::output")]
    pub force: bool,
}

/// What `export` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The active path as the snapshot that jcode loads; only for sessions that come from jcode
    JcodeV1,
    /// The whole log as one plain file of the current format
    V3,
    /// The active path as one page for a browser, without scripts or network access
    Html,
    /// The active path as Markdown
    Markdown,
    /// The file that an imported session comes from, byte for byte
    Original,
}
