//! Arguments of commands that write entries.

use super::Mounted;
use clap::Args;
use jcode_session_core::write::Durability;
use std::ffi::OsString;

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

/// The smallest segment size: each segment costs a file.
const MIN_SEGMENT: u64 = 64 << 10;

/// Parses a size: a number of bytes, or with a unit K, M or G.
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
    /// The first entry hangs on this one instead of on the last: its id, or the start of it
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

/// Flags of `import`.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct ImportArgs {
    /// Path, id, or the start of an id, of a session of another agent
    #[arg(id = "session::session", value_name = "SESSION")]
    pub session: OsString,
    /// The agent whose session it must be, as `list --json` names it
    #[arg(id = "session::agent", long = "agent", value_name = "NAME")]
    pub agent: Option<String>,
}

/// Flags of `tag`; they stand in front of SESSION, what follows it are tags.
#[derive(Debug, Clone, Args)]
#[command(ours_first())]
pub struct TagArgs {
    /// How appends are made safe.
    #[command(flatten)]
    pub durability: DurabilityArgs,
    /// Path, id, or the start of an id; then `+T` for each tag to add and `-T` for each to take away
    // One list for SESSION and tags: a trailing `-T` is kept from being parsed as a flag only if SESSION begins the
    // list.
    #[arg(required = true, value_names = ["SESSION", "+T|-T"], num_args = 1.., trailing_var_arg = true)]
    #[arg(id = "session::words", allow_hyphen_values = true)]
    pub words: Vec<OsString>,
}
