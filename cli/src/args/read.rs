//! Arguments of commands that read one session, or the given paths.

use super::{Mounted, path};
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Flags of `verify`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct VerifyArgs {
    /// Logs, folders, or session ids
    #[cfg_attr(
        feature = "store",
        arg(id = "session::paths", required_unless_present = "session::store", value_name = "PATH")
    )]
    #[cfg_attr(not(feature = "store"), arg(id = "session::paths", required = true, value_name = "PATH"))]
    pub paths: Vec<OsString>,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
    /// Where the sessions are.
    #[cfg(feature = "store")]
    #[command(flatten)]
    pub store: super::StoreArgs,
}

/// Flags of `tree`.
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct TreeArgs {
    /// Path, id, or the start of an id
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
    /// Where the sessions are.
    #[cfg(feature = "store")]
    #[command(flatten)]
    pub store: super::StoreArgs,
}

/// Flags of `show`.
#[derive(Debug, Clone, Default, Args)]
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
    /// Go on with what is appended, until Ctrl-C; begins with the last 10 entries, or with those of --tail
    #[arg(id = "session::follow", long = "follow", short = 'f', conflicts_with_all = ["session::path", "session::entry"])]
    pub follow: bool,
    /// Show thinking, arguments and output of tools whole
    #[arg(id = "session::full", long = "full", conflicts_with = "session::json")]
    pub full: bool,
    /// Print the raw lines of the log
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
    /// Where the sessions are.
    #[cfg(feature = "store")]
    #[command(flatten)]
    pub store: super::StoreArgs,
}

/// Flags of `inspect`.
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct InspectArgs {
    /// Path, id, or the start of an id, with `#ENTRY` behind it to begin there; without it the page lists all sessions
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: Option<OsString>,
    /// Serve on this port of 127.0.0.1; 0 takes any that is free
    #[arg(id = "session::port", long = "port", value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Print the address and start no browser
    #[arg(id = "session::no_open", long = "no-open")]
    pub no_open: bool,
    /// Where the session is.
    #[cfg(feature = "store")]
    #[command(flatten)]
    pub store: super::StoreArgs,
}

/// Flags of `export`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct ExportArgs {
    /// Path, id, or the start of an id
    #[arg(id = "session::session", value_name = "SESSION", required_unless_present = "session::all")]
    pub session: Option<OsString>,
    /// All sessions (parquet)
    #[arg(id = "session::all", long = "all", conflicts_with = "session::session")]
    pub all: bool,
    /// What to write; if it is left out, what the name of FILE says: .html, .md, .jsonl (v3) or .json (jcode-v1)
    #[arg(id = "session::format", long = "format", value_enum, value_name = "FORMAT")]
    pub format: Option<ExportFormat>,
    /// Write to this file instead of standard output
    #[arg(id = "session::output", long = "output", short = 'o', value_parser = path(), value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Replace FILE if it exists
    #[arg(id = "session::force", long = "force", requires = "session::output")]
    pub force: bool,
    /// The path to this entry instead of the active one (atif)
    #[arg(id = "session::path", long = "path", value_name = "LEAF")]
    pub path: Option<String>,
    /// Where the tables go: a folder, or a place in a cloud as `push --store` has it (parquet)
    #[cfg(feature = "parquet")]
    #[arg(id = "session::to", long = "to", value_name = "DIR|URL")]
    pub to: Option<String>,
    /// Which texts stand in the tables (parquet); if nothing is said, capped in a folder and none in a cloud
    #[cfg(feature = "parquet")]
    #[arg(id = "session::text", long = "text", value_enum, value_name = "WHICH")]
    pub text: Option<TableTexts>,
    /// Print one JSON object about what was written (parquet)
    #[cfg(feature = "parquet")]
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
    /// How much is left out of hf, atif and parquet; if nothing is said rules, for tables in a folder off
    #[arg(id = "session::redact", long = "redact", value_enum, value_name = "WHAT")]
    pub redact: Option<Redact>,
    /// Where the sessions are.
    #[cfg(feature = "store")]
    #[command(flatten)]
    pub store: super::StoreArgs,
}

/// Which texts stand in tables.
#[cfg(feature = "parquet")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableTexts {
    /// None, but how long they are
    None,
    /// The first 32 KiB of each
    Capped,
    /// Whole ones
    Full,
}

/// What is left out of a session that is given away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Redact {
    /// What has the form of a known kind of secret, values of secret variables of this machine, its home, pictures
    #[default]
    Rules,
    /// Also what is assigned to names like `password`, and what looks random: much of it is no secret
    Strict,
    /// Nothing
    Off,
}

/// What `export` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The active path as the snapshot that jcode loads; only for sessions that come from jcode
    JcodeV1,
    /// The whole log as one plain file of the current format
    V3,
    /// One page for a browser, without scripts or network access: the active path, then the other branches
    Html,
    /// The active path as Markdown
    Markdown,
    /// The file that an imported session comes from, byte for byte
    Original,
    /// The whole log as v3, for a dataset of agent traces: without secrets
    Hf,
    /// The active path as a trajectory for evaluations (ATIF v1.7), one JSON document: without secrets
    Atif,
    /// All sessions as tables for DuckDB, DataFusion, ClickHouse, Spark and others: with `--all --to DIR|URL`
    #[cfg(feature = "parquet")]
    Parquet,
}

/// Flags of `man`.
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct ManArgs {
    /// The page of this command
    #[arg(id = "session::command", value_name = "COMMAND")]
    pub command: Option<String>,
    /// Write all pages into this folder
    #[arg(id = "session::dir", long = "dir", value_name = "DIR", conflicts_with = "session::command")]
    pub dir: Option<PathBuf>,
}
