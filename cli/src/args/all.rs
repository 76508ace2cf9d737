//! Arguments of commands that work on all sessions.

use super::{Mounted, path};
use crate::when;
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// Flags of `migrate`.
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct MigrateArgs {
    /// A log or a folder; all of `<home>/sessions` if none is given
    #[arg(id = "session::path", conflicts_with_all = ["session::all", "session::session"], value_parser = path(), value_name = "PATH")]
    pub path: Option<PathBuf>,
    /// Migrate all sessions (this is also what happens without PATH)
    #[arg(id = "session::all", long = "all", conflicts_with = "session::session")]
    pub all: bool,
    /// Migrate only the session with this id, or the only one whose id starts so
    #[arg(id = "session::session", long = "session", value_name = "ID")]
    pub session: Option<OsString>,
    /// Write nothing; tell exactly what would be done, and the bytes it needs
    #[arg(id = "session::dry_run", long = "dry-run")]
    pub dry_run: bool,
    /// Rebuild sidecars that are up to date, too
    #[arg(id = "session::force", long = "force")]
    pub force: bool,
    /// Also take sessions that a live process has open
    #[arg(id = "session::include_active", long = "include-active")]
    pub include_active: bool,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
}

/// Flags of `list`.
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct ListArgs {
    /// Only sessions of this working directory
    #[arg(id = "session::cwd", long = "cwd", value_name = "DIR")]
    pub cwd: Option<PathBuf>,
    /// Only sessions with this tag
    #[arg(id = "session::tag", long = "tag", value_name = "T")]
    pub tag: Option<String>,
    /// At most N sessions
    #[arg(id = "session::limit", long = "limit", value_name = "N")]
    pub limit: Option<usize>,
    /// Only sessions of this agent, or imported from it; `jcode` for all others
    #[arg(id = "session::agent", long = "agent", value_name = "NAME")]
    pub agent: Option<String>,
    /// Only sessions that were saved
    #[arg(id = "session::saved", long = "saved")]
    pub saved: bool,
    /// Only sessions of this status, as jcode names it: `Active`, `Closed`, `Crashed` …
    #[arg(id = "session::status", long = "status", value_name = "NAME")]
    pub status: Option<String>,
    /// Only sessions of debugging runs
    #[arg(id = "session::debug", long = "debug")]
    pub debug: bool,
    /// No sessions of debugging runs
    #[arg(id = "session::no_debug", long = "no-debug", conflicts_with = "session::debug")]
    pub no_debug: bool,
    /// Only sessions with this id; repeat it for more
    #[arg(id = "session::id", long = "id", value_name = "ID")]
    pub ids: Vec<String>,
    /// Leave out the folders of other agents
    #[arg(id = "session::no_others", long = "no-others")]
    pub no_others: bool,
    /// Also sessions that agents ran for others
    #[arg(id = "session::all", long = "all")]
    pub all: bool,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
    /// Where the sessions are.
    #[cfg(feature = "store")]
    #[command(flatten)]
    pub store: super::StoreArgs,
}

/// Flags of `pick`.
#[cfg(feature = "pick")]
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct PickArgs {
    /// What to begin with: words that stand in title, folder, agent or id, letters may be left out
    #[arg(id = "session::query", value_name = "QUERY")]
    pub query: Option<String>,
    /// Print the id of the session; this is also what happens without COMMAND
    #[arg(id = "session::print", long = "print", conflicts_with = "session::command")]
    pub print: bool,
    /// A command to run instead, with the path of the session behind its own words
    #[arg(id = "session::command", last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// Flags of `du`.
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct DuArgs {
    /// Paths, ids, or starts of ids; all sessions if none is given
    #[arg(id = "session::sessions", value_name = "SESSION")]
    pub sessions: Vec<OsString>,
    /// Leave out the folders of other agents
    #[arg(id = "session::no_others", long = "no-others")]
    pub no_others: bool,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
}

/// Flags of `search`.
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct SearchArgs {
    /// What to search for: each must stand in an entry. In quotes several words are one text. One without capital letters
    /// is found in any case
    #[arg(id = "session::query", required = true, value_name = "QUERY")]
    pub query: Vec<String>,
    /// QUERY is a regular expression; `^` and `$` are the ends of a line
    #[arg(id = "session::regex", long = "regex", short = 'e')]
    pub regex: bool,
    /// Only in this session: path, id, or the start of an id
    #[arg(id = "session::session", long = "session", value_name = "SESSION")]
    pub session: Option<OsString>,
    /// Only in sessions of this working directory
    #[arg(id = "session::cwd", long = "cwd", value_name = "DIR")]
    pub cwd: Option<PathBuf>,
    /// Only in sessions of this agent
    #[arg(id = "session::agent", long = "agent", value_name = "A")]
    pub agent: Option<String>,
    /// Not in sessions of other agents, where those keep them
    #[arg(id = "session::no_others", long = "no-others")]
    pub no_others: bool,
    /// Only in sessions with this tag
    #[arg(id = "session::tag", long = "tag", value_name = "T")]
    pub tag: Option<String>,
    /// Only in messages of this role, as `user`, `assistant` or `toolResult`
    #[arg(id = "session::role", long = "role", value_name = "R")]
    pub role: Option<String>,
    /// Only in entries of this kind, as `message`, `compaction` or `label`
    #[arg(id = "session::kind", long = "kind", value_name = "K")]
    pub kind: Option<String>,
    /// Only in calls and output of this tool
    #[arg(id = "session::tool", long = "tool", value_name = "NAME")]
    pub tool: Option<String>,
    /// Only in entries of this time or later: RFC 3339, a day (2026-01-31, UTC) or an age (90m, 12h, 7d)
    #[arg(id = "session::since", long = "since", value_name = "T", value_parser = when::since)]
    pub since: Option<i64>,
    /// Only in entries of this time or earlier; a day ends with its last moment
    #[arg(id = "session::until", long = "until", value_name = "T", value_parser = when::until)]
    pub until: Option<i64>,
    /// Only in entries of the active path of each session
    #[arg(id = "session::active", long = "active")]
    pub active: bool,
    /// What comes first: the newest, or what is most about QUERY
    #[arg(id = "session::sort", long = "sort", value_enum, default_value_t = Sort::Newest, value_name = "BY")]
    pub sort: Sort,
    /// Show at most N hits; all are counted
    #[arg(id = "session::limit", long = "limit", value_name = "N")]
    pub limit: Option<usize>,
    /// Also show the N entries before and behind each hit
    #[arg(id = "session::context", long = "context", short = 'C', value_name = "N", default_value_t = 0)]
    pub context: u32,
    /// Print only the number of entries that match
    #[arg(id = "session::count", long = "count", conflicts_with_all = ["session::limit", "session::context"])]
    pub count: bool,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
    /// Where the sessions are.
    #[cfg(feature = "store")]
    #[command(flatten)]
    pub store: super::StoreArgs,
}

/// The order of hits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Sort {
    /// The newest first
    #[default]
    Newest,
    /// What holds QUERY most often beside its length
    Relevance,
}

/// What the doctor looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DoctorPart {
    /// Sessions: logs, sidecars, stores, the session index
    Sessions,
}

/// Flags of `doctor`. A program may mount them at its own top level, and hand them to
/// [`run_doctor`](crate::run_doctor).
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct DoctorArgs {
    /// Look only at this part
    #[arg(id = "session::only", long = "only", value_enum, value_name = "PART")]
    pub only: Option<DoctorPart>,
    /// Make sidecars and the session index anew where they are broken, remove our temporary files of yesterday
    #[arg(id = "session::fix", long = "fix")]
    pub fix: bool,
    /// Print one JSON object
    #[arg(id = "session::json", long = "json")]
    pub json: bool,
    /// Where the sessions are.
    #[cfg(feature = "store")]
    #[command(flatten)]
    pub store: super::StoreArgs,
}
