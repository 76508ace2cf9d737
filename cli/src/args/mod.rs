//! The arguments of all commands: clap types and their help, nothing else.
//!
//! Owns: names and help of commands and flags (docs: section 6 of `docs/format.md`). The doc comments of fields and
//! variants are the text of `--help`.
//! Invariant: no default depends on the machine; [`crate::settings`] resolves such defaults. The commands can be
//! mounted below a host's own flags without a clash: ids begin with `session::`, and [`ours_first`] resolves clashes of
//! names.

mod about;
mod all;
#[cfg(feature = "store")]
mod archive;
mod read;
mod store;
mod write;

pub(crate) use about::SECTIONS;
pub use all::*;
#[cfg(feature = "store")]
pub use archive::*;
use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Command, Parser, Subcommand, ValueEnum};
use jcode_session_native::os::path_text;
pub use read::*;
use std::path::PathBuf;
pub use store::*;
pub(crate) use write::size;
pub use write::*;

/// Session logs of coding agents: migrate, verify, look into.
#[derive(Debug, Parser)]
#[command(name = "jcode-session", version, max_term_width = 100, after_long_help = about::help())]
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

/// An extension of clap's [`Command`] for the argument types here.
trait Mounted {
    /// Runs [`ours_first`] on the command once it has received the host's global flags.
    fn ours_first(self) -> Self;
}

impl Mounted for Command {
    fn ours_first(self) -> Self {
        self.defer(ours_first)
    }
}

/// Removes names from the host's global flags that a flag of ours has too, below one of our commands.
///
/// Clap propagates a global flag to all subcommands, and refuses two flags of one name. Example: behind `session list`,
/// where `--cwd` is ours, the host's `-C/--cwd` stays available as `-C`. Before our command both names are the host's.
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
            // Without any name the flag would become a positional argument.
            (false, false) => arg.long(other).hide(true),
        };
        if short_is_ours { arg.short(None) } else { arg }
    })
}

/// Reads a path as the system writes it: with one kind of slash, where it knows two.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().map(path_text::plain)
}

/// Above the flags of all commands in the help of each.
const EVERYWHERE: &str = "For all commands";

/// Flags of all commands.
#[derive(Debug, Clone, Default, Args)]
pub struct GlobalArgs {
    /// Look for sessions here instead of in `<home>/sessions`; may be given several times
    #[arg(id = "session::sessions_dir", long = "sessions-dir", global = true, help_heading = EVERYWHERE, value_parser = path(), value_name = "DIR")]
    pub sessions_dir: Vec<PathBuf>,
    /// When to colour output
    #[arg(id = "session::color", long = "color", global = true, help_heading = EVERYWHERE, value_enum, value_name = "WHEN")]
    pub color: Option<Color>,
    /// Show long output without a pager
    #[arg(id = "session::no_pager", long = "no-pager", global = true, help_heading = EVERYWHERE)]
    pub no_pager: bool,
    /// Show no progress bars
    #[arg(id = "session::no_progress", long = "no-progress", global = true, help_heading = EVERYWHERE)]
    pub no_progress: bool,
    /// Print no hints and summaries on standard error
    #[arg(id = "session::quiet", long = "quiet", short = 'q', global = true, help_heading = EVERYWHERE)]
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

/// The commands, but for `rename`: those first that most people need most.
#[derive(Debug, Subcommand)]
pub enum SessionCommand {
    /// List the sessions, newest first
    List(ListArgs),
    /// Show the entries of a session
    Show(ShowArgs),
    /// Search the text of all sessions
    Search(Box<SearchArgs>),
    /// Show the branches of a session
    Tree(TreeArgs),
    /// Look into a session in the browser
    Inspect(InspectArgs),
    /// Choose a session in the terminal, and print its id or run a command with it
    #[cfg(feature = "pick")]
    Pick(PickArgs),
    /// Show what sessions take on the disk, by kind of content and by file
    Du(DuArgs),
    /// Tag a session (`+T` adds, `-T` takes away) or show its tags
    Tag(TagArgs),
    /// Name an entry of a session
    Label(LabelArgs),
    /// Make a new session from the path to an entry
    Fork(ForkArgs),
    /// Append entries from standard input, a JSON object a line
    Append(AppendArgs),
    /// Make a session of one that another agent wrote, or bring it up to date
    Import(ImportArgs),
    /// Write a session as one file of another form
    Export(ExportArgs),
    /// Upgrade logs to the current format and build their sidecars
    Migrate(MigrateArgs),
    /// Check logs, sidecars and stores; changes nothing
    Verify(VerifyArgs),
    /// Look for what is wrong with all sessions, and mend what can be made anew
    Doctor(DoctorArgs),
    /// Rewrite a damaged log from its good records
    Repair(RepairArgs),
    /// List the states that a session can be returned to
    Checkpoints(CheckpointsArgs),
    /// Return a session to an earlier state, or take that or a repair back
    Rollback(RollbackArgs),
    /// Move the older lines of a log into segments, compressed if wanted, or take that back
    Seal(SealArgs),
    /// Delete originals and set-aside bytes that are no longer needed
    Prune(PruneArgs),
    /// Bring sessions into an archive, where other machines find them
    #[cfg(feature = "store")]
    Push(PushArgs),
    /// Bring sessions from an archive here
    #[cfg(feature = "store")]
    Pull(PullArgs),
    /// Answer an agent's questions about the sessions: a server of the Model Context Protocol on standard input and output
    #[cfg(feature = "mcp")]
    Mcp,
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program or of a command
    Man(ManArgs),
}
