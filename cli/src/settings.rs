//! Settings: arguments resolved against the machine (home, sessions folders, environment).
//!
//! Owns: the precedence of flag, environment, default.
//! Invariant: the layers below see resolved values only. No file is touched here.

use crate::args::{self, DurabilityArgs, GlobalArgs, SegmentArgs};
use anyhow::{Context, Result, anyhow, bail};
use jcode_session_core::write::Durability;
use jcode_session_native::catalog::{opencode_databases, other_places};
use jcode_session_native::os::path_text::plain;
use std::path::PathBuf;

/// Resolved settings of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `$JCODE_HOME`, else `~/.jcode`.
    pub home: PathBuf,
    /// Folders with sessions.
    pub roots: Vec<PathBuf>,
    /// Folders of other agents, which commands that only read search too.
    pub others: Vec<PathBuf>,
    /// Databases of OpenCode, whose sessions are written down before they are looked for.
    pub databases: Vec<PathBuf>,
}

impl Settings {
    /// Resolves the flags that all commands share.
    #[must_use]
    pub fn resolve(args: &GlobalArgs) -> Self {
        let from_env = std::env::var_os("JCODE_HOME").filter(|home| !home.is_empty()).map(|home| plain(home.into()));
        let home = from_env.unwrap_or_else(|| std::env::home_dir().unwrap_or_default().join(".jcode"));
        let is_given = !args.sessions_dir.is_empty();
        let roots = if is_given { args.sessions_dir.clone() } else { vec![home.join("sessions")] };
        let is_off = std::env::var_os("JCODE_SESSION_OTHERS").is_some_and(|value| value == "0");
        let (mut others, mut databases) = (Vec::new(), Vec::new());
        if !is_given && !is_off {
            let (user, variable) = (std::env::home_dir(), |name: &str| std::env::var_os(name));
            others = other_places(user.as_deref(), &variable);
            databases = opencode_databases(user.as_deref(), &variable);
        }
        Self { home, roots, others, databases }
    }
}

/// The durability mode: flag, else `JCODE_SESSION_DURABILITY`, else balanced.
///
/// # Errors
/// Fails if the variable holds no mode.
pub fn durability(args: DurabilityArgs) -> Result<Durability> {
    if let Some(durability) = args.session_durability {
        return Ok(durability);
    }
    match std::env::var_os("JCODE_SESSION_DURABILITY").filter(|mode| !mode.is_empty()) {
        Some(mode) => mode.to_string_lossy().parse().context("in JCODE_SESSION_DURABILITY"),
        None => Ok(Durability::default()),
    }
}

/// How older lines are stored, as far as it is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SegmentSettings {
    /// Bytes of a segment.
    pub size: Option<u64>,
    /// Whether to compress segments.
    pub compress: bool,
}

/// How older lines are stored: flags, else `JCODE_SESSION_SEGMENT_SIZE` and `JCODE_SESSION_COMPRESS`.
///
/// # Errors
/// Fails if a variable holds an invalid value.
pub fn segments(args: &SegmentArgs) -> Result<SegmentSettings> {
    let set = |name: &str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty());
        value.map(|value| value.to_string_lossy().into_owned())
    };
    let size = match (args.segment_size, set("JCODE_SESSION_SEGMENT_SIZE")) {
        (Some(size), _) => Some(size),
        (None, Some(text)) => {
            Some(args::size(&text).map_err(|error| anyhow!(error).context("in JCODE_SESSION_SEGMENT_SIZE"))?)
        }
        (None, None) => None,
    };
    let compress = args.compress
        || match set("JCODE_SESSION_COMPRESS").as_deref() {
            None | Some("0") => false,
            Some("1") => true,
            Some(other) => bail!("JCODE_SESSION_COMPRESS is 1 or 0, not `{other}`"),
        };
    Ok(SegmentSettings { size, compress })
}

/// The archive that a flag names, else that of `JCODE_STORE`.
///
/// # Errors
/// Fails if neither does.
#[cfg(feature = "store")]
pub fn store(flag: Option<&str>) -> Result<String> {
    let given = flag.filter(|url| !url.is_empty()).map(str::to_string);
    let set = || std::env::var("JCODE_STORE").ok().filter(|url| !url.is_empty());
    given.or_else(set).context("no archive is named: give `--store URL`, a folder for one, or set JCODE_STORE")
}
