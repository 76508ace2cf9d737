//! What was typed, resolved against the machine: home, sessions folders.
//!
//! Owns: the precedence flag, environment, default. Invariant: everything below sees resolved values only.
//! Does not: touch files.

use crate::args::GlobalArgs;
use std::path::PathBuf;

/// Resolved settings of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `$JCODE_HOME`, else `~/.jcode`.
    pub home: PathBuf,
    /// Folders in which sessions are looked for.
    pub roots: Vec<PathBuf>,
}

impl Settings {
    /// Resolves the flags of all commands.
    #[must_use]
    pub fn resolve(args: &GlobalArgs) -> Self {
        let from_env = std::env::var_os("JCODE_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
        let home = from_env.unwrap_or_else(|| std::env::home_dir().unwrap_or_default().join(".jcode"));
        let roots = if args.sessions_dir.is_empty() { vec![home.join("sessions")] } else { args.sessions_dir.clone() };
        Self { home, roots }
    }
}
