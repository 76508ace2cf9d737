//! What can be typed: clap types and their help, nothing else.
//!
//! Owns: names and help of commands and flags (docs: section 6 of `docs/format.md`).
//! Invariant: no defaults that depend on the machine; [`crate::settings`] resolves those. The commands stand below a
//! host's own flags without a clash: ids begin with `session::`, and [`ours_first`] settles names that both have.

use crate::when;
use clap::{Args, Command, Parser, Subcommand, ValueEnum};
use jcode_session_core::write::Durability;
use std::ffi::OsString;
use std::path::PathBuf;

/// Session logs of coding agents: migrate, verify, look into.
#[derive(Debug, Parser)]
#[command(name = "jcode-session", version, max_term_width = 100)]
pub struct Cli {
    /// The command and its flags.
    #[command(flatten)]
    pub session: SessionArgs,
}

/// `jcode session …`: what a program mounts.
#[derive(Debug, Args)]
#[command(ours_first())]
pub struct SessionArgs {
    /// The command.
    #[command(subcommand)]
    pub command: AnyCommand,
    /// Flags of all commands.
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// What the commands below ask of clap.
trait Mounted {
    /// Lets [`ours_first`] see the command once the host's global flags have come down to it.
    fn ours_first(self) -> Self;
}

impl Mounted for Command {
    fn ours_first(self) -> Self {
        self.defer(ours_first)
    }
}

/// Takes from the host's global flags, below one of our commands, the names that a flag of ours has there.
///
/// Clap hands a global flag down to all subcommands, and refuses two flags of one name. The host's `-C/--cwd` stays
/// `-C` behind `session list`, where `--cwd` is ours; before our command both names are the host's.
fn ours_first(command: Command) -> Command {
    let is_ours = |arg: &&clap::Arg| arg.get_id().as_str().starts_with("session::");
    let longs: Vec<String> =
        command.get_arguments().filter(is_ours).filter_map(|arg| arg.get_long().map(String::from)).collect();
    let shorts: Vec<char> = command.get_arguments().filter(is_ours).filter_map(clap::Arg::get_short).collect();
    command.mut_args(|arg| {
        if is_ours(&&arg) || arg.is_positional() {
            return arg;
        }
        let long_is_ours = arg.get_long().is_some_and(|long| longs.iter().any(|ours| ours == long));
        let short_is_ours = arg.get_short().is_some_and(|short| shorts.contains(&short));
        let has_long = arg.get_long().is_some() && !long_is_ours;
        let has_short = arg.get_short().is_some() && !short_is_ours;
        let other = format!("host-{}", arg.get_id());
        let arg = match (has_long, has_short) {
            (true, _) => arg,
            (false, true) => arg.long(None),
            // A flag without any name would be a positional argument.
            (false, false) => arg.long(other).hide(true),
        };
        if short_is_ours { arg.short(None) } else { arg }
    })
}

/// Flags of all commands.
#[derive(Debug, Clone, Default, Args)]
pub struct GlobalArgs {
    /// Look for sessions here instead of in `<home>/sessions`; may be given several times
    #[arg(id = "session::sessions_dir", long = "sessions-dir", global = true, value_name = "DIR")]
    pub sessions_dir: Vec<PathBuf>,
    /// When to colour output
    #[arg(id = "session::color", long = "color", global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// Show no progress bars
    #[arg(id = "session::no_progress", long = "no-progress", global = true)]
    pub no_progress: bool,
    /// Print no hints and summaries on standard error
    #[arg(id = "session::quiet", long = "quiet", short = 'q', global = true)]
    pub quiet: bool,
}

/// When to colour output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// All commands.
#[derive(Debug, Subcommand)]
pub enum AnyCommand {
    /// Those that a program can have beside a `rename` of its own
    #[command(flatten)]
    Session(SessionCommand),
    /// Give a session a title
    Rename(RenameArgs),
}

/// The commands, but for `rename`.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// Upgrade logs to the current format and build their sidecars
    Migrate(MigrateArgs),
    /// Check logs, sidecars and stores; changes nothing
    Verify(VerifyArgs),
    /// Show the branches of a session
    Tree(TreeArgs),
    /// Show the entries of a session
    Show(ShowArgs),
    /// List the sessions, newest first
    List(ListArgs),
    /// Search the text of all sessions
    Search(Box<SearchArgs>),
    /// Tag a session (`+T` adds, `-T` takes away) or show its tags
    Tag(TagArgs),
    /// Look for what is wrong with all sessions, and mend what can be made anew
    Doctor(DoctorArgs),
    /// Append entries from standard input, a JSON object a line
    Append(AppendArgs),
    /// Name an entry of a session
    Label(LabelArgs),
    /// Make a new session from the path to an entry
    Fork(ForkArgs),
    /// Write a session as one file of another form
    Export(ExportArgs),
    /// List the states that a session can be returned to
    Checkpoints(CheckpointsArgs),
    /// Return a session to an earlier state, or take that or a repair back
    Rollback(RollbackArgs),
    /// Rewrite a damaged log from its good records
    Repair(RepairArgs),
    /// Move the older lines of a log into segments, compressed if wanted, or take that back
    Seal(SealArgs),
    /// Delete originals and set-aside bytes that are no longer needed
    Prune(PruneArgs),
    /// Look into a session in the browser
    Inspect(InspectArgs),
    /// Print a completion script for a shell
    #[command(hide = true)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    #[command(hide = true)]
    Man,
}

/// Flags of `migrate`.
#[derive(Debug, Clone, Default, Args)]
#[command(ours_first())]
pub struct MigrateArgs {
    /// A log or a folder; all of `<home>/sessions` if none is given
    #[arg(id = "session::path", conflicts_with_all = ["session::all", "session::session"], value_name = "PATH")]
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

/// How appends are made safe.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct DurabilityArgs {
    /// When an append is acknowledged: strict (once it is on the disk), balanced (once the system has it; the default) or
    /// throughput (once it is buffered). Also read from JCODE_SESSION_DURABILITY
    #[arg(id = "session::session_durability", long = "session-durability", value_name = "MODE")]
    pub session_durability: Option<Durability>,
}

/// How the older lines of a log are stored.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct SegmentArgs {
    /// Move older lines into segments of SIZE (64K at least; K, M and G are understood) once as much has gathered. Also
    /// read from JCODE_SESSION_SEGMENT_SIZE
    #[arg(id = "session::segment_size", long = "segment-size", value_name = "SIZE", value_parser = size)]
    pub segment_size: Option<u64>,
    /// Compress segments. Also read from JCODE_SESSION_COMPRESS (1 or 0)
    #[arg(id = "session::compress", long = "compress")]
    pub compress: bool,
}

/// Bytes of a segment at least: each costs a file.
const MIN_SEGMENT: u64 = 64 << 10;

/// A size as people write it: bytes, or with K, M or G.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.trim().to_ascii_uppercase().trim_end_matches("IB").trim_end_matches('B') {
        kilo if kilo.ends_with('K') => (kilo.trim_end_matches('K').to_string(), 10),
        mega if mega.ends_with('M') => (mega.trim_end_matches('M').to_string(), 20),
        giga if giga.ends_with('G') => (giga.trim_end_matches('G').to_string(), 30),
        bytes => (bytes.to_string(), 0),
    };
    let size = digits.trim().parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift));
    match size {
        Some(size) if size >= MIN_SEGMENT => Ok(size),
        Some(_) => Err("a segment has 64K at least".to_string()),
        None => Err("write a size as 64M, 512K or a number of bytes".to_string()),
    }
}

/// Flags of `append`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct AppendArgs {
    /// Path, id, or the start of an id; a path that does not exist is made
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// The first entry hangs on this one instead of on the last
    #[arg(id = "session::parent", long = "parent", value_name = "ID")]
    pub parent: Option<String>,
    /// How appends are made safe.
    #[command(flatten)]
    pub durability: DurabilityArgs,
    /// How older lines are stored.
    #[command(flatten)]
    pub segments: SegmentArgs,
}

/// Flags of `label`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct LabelArgs {
    /// Path, id, or the start of an id
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// Id of the entry
    #[arg(id = "session::entry", value_name = "ENTRY")]
    pub entry: String,
    /// The name; empty takes it away
    #[arg(id = "session::name", value_name = "NAME")]
    pub name: String,
    /// How appends are made safe.
    #[command(flatten)]
    pub durability: DurabilityArgs,
}

/// Flags of `rename`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct RenameArgs {
    /// Path, id, or the start of an id
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// The title; empty takes it away
    #[arg(id = "session::name", value_name = "NAME")]
    pub name: String,
    /// How appends are made safe.
    #[command(flatten)]
    pub durability: DurabilityArgs,
}

/// Flags of `fork`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct ForkArgs {
    /// Path, id, or the start of an id
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// The entry that the new session ends with, instead of the last
    #[arg(id = "session::at", long = "at", value_name = "ID")]
    pub at: Option<String>,
}

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
    /// The newest checkpoint at or before this time (RFC 3339), instead of the newest whose content differs from now
    #[arg(id = "session::to_checkpoint", long = "to-checkpoint", value_name = "TS", conflicts_with = "session::undo")]
    pub to_checkpoint: Option<String>,
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
    /// Path, id, or the start of an id; without it the page opens empty
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
}

/// Flags of `tag`; they stand in front of SESSION, what follows it are tags.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct TagArgs {
    /// How appends are made safe.
    #[command(flatten)]
    pub durability: DurabilityArgs,
    /// Path, id, or the start of an id; then `+T` for each tag to add and `-T` for each to take away
    // One list: what trails SESSION is never taken for a flag only if SESSION begins it.
    #[arg(required = true, value_names = ["SESSION", "+T|-T"], num_args = 1.., trailing_var_arg = true)]
    #[arg(id = "session::words", allow_hyphen_values = true)]
    pub words: Vec<OsString>,
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
}
