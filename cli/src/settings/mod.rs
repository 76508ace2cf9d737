//! Settings: arguments resolved against the machine (home, sessions folders, environment, settings file).
//!
//! Owns: the precedence of flag, environment, settings file, default (docs: `docs/settings.md`).
//! Invariant: the layers below see resolved values only. Nothing is touched but the settings file, which is read once.

mod file;

use crate::args::{self, Color, DurabilityArgs, GlobalArgs, SegmentArgs};
use anyhow::{Context, Result, anyhow, bail};
use file::FileSettings;
use jcode_session_core::write::Durability;
use jcode_session_native::catalog::{opencode_databases, other_places};
use jcode_session_native::os::path_text::plain;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

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
    /// When to colour output.
    pub color: Color,
    /// The command line of the pager, as far as one is named; empty for none.
    pub pager: Option<OsString>,
    /// `roots` were named for this run.
    is_given: bool,
    file: FileSettings,
}

impl Settings {
    /// Resolves the flags that all commands share.
    #[must_use]
    pub fn resolve(args: &GlobalArgs) -> Self {
        let home = variable("JCODE_HOME").map(|home| plain(home.into()));
        let home = home.unwrap_or_else(|| std::env::home_dir().unwrap_or_default().join(".jcode"));
        let file = FileSettings::read(&home);
        let is_given = !args.sessions_dir.is_empty();
        let roots = match &file.sessions_dirs {
            _ if is_given => args.sessions_dir.clone(),
            Some(folders) => folders.clone(),
            None => vec![home.join("sessions")],
        };
        let are_wanted = variable("JCODE_SESSION_OTHERS").map_or(file.others != Some(false), |value| value != "0");
        let (mut others, mut databases) = (Vec::new(), Vec::new());
        if !is_given && are_wanted {
            let (user, variable) = (std::env::home_dir(), |name: &str| std::env::var_os(name));
            others = other_places(user.as_deref(), &variable);
            databases = opencode_databases(user.as_deref(), &variable);
        }
        // `NO_COLOR` is judged where the stream is known.
        let from_file = file.color.filter(|_| variable("NO_COLOR").is_none());
        let color = args.color.or(from_file).unwrap_or_default();
        let pager = std::env::var_os("JCODE_SESSION_PAGER").or_else(|| file.pager.clone().map(Into::into));
        let pager = pager.or_else(|| std::env::var_os("PAGER"));
        Self { home, roots, others, databases, color, pager, is_given, file }
    }

    /// Folders that were named for this run and are none.
    pub fn missing(&self) -> impl Iterator<Item = &Path> {
        self.roots.iter().filter(|root| self.is_given && !root.is_dir()).map(PathBuf::as_path)
    }

    /// What is wrong with the settings file, each naming file and line. What is not named here is set.
    #[must_use]
    pub fn mistakes(&self) -> &[String] {
        &self.file.mistakes
    }

    /// The durability mode: flag, else `JCODE_SESSION_DURABILITY`, else the settings file, else balanced.
    ///
    /// # Errors
    /// Fails if the variable holds no mode.
    pub fn durability(&self, args: DurabilityArgs) -> Result<Durability> {
        if let Some(durability) = args.session_durability {
            return Ok(durability);
        }
        match variable("JCODE_SESSION_DURABILITY") {
            Some(mode) => mode.to_string_lossy().parse().context("in JCODE_SESSION_DURABILITY"),
            None => Ok(self.file.durability.unwrap_or_default()),
        }
    }

    /// How older lines are stored: flags, else `JCODE_SESSION_SEGMENT_SIZE` and `JCODE_SESSION_COMPRESS`, else the
    /// settings file.
    ///
    /// # Errors
    /// Fails if a variable holds an invalid value.
    pub fn segments(&self, args: &SegmentArgs) -> Result<SegmentSettings> {
        let text = |name: &str| variable(name).map(|value| value.to_string_lossy().into_owned());
        let size = match (args.segment_size, text("JCODE_SESSION_SEGMENT_SIZE")) {
            (Some(size), _) => Some(size),
            (None, Some(text)) => {
                Some(args::size(&text).map_err(|error| anyhow!(error).context("in JCODE_SESSION_SEGMENT_SIZE"))?)
            }
            (None, None) => self.file.segment_size,
        };
        let compress = args.compress
            || match text("JCODE_SESSION_COMPRESS").as_deref() {
                None => self.file.compress.unwrap_or_default(),
                Some("0") => false,
                Some("1") => true,
                Some(other) => bail!("JCODE_SESSION_COMPRESS is 1 or 0, not `{other}`"),
            };
        Ok(SegmentSettings { size, compress })
    }

    /// The archive that a flag names, else that of `JCODE_STORE`, else that of the settings file.
    ///
    /// # Errors
    /// Fails if none does.
    #[cfg(feature = "store")]
    pub fn store(&self, flag: Option<&str>) -> Result<String> {
        let given = flag.filter(|url| !url.is_empty()).map(str::to_string);
        let set = || variable("JCODE_STORE")?.into_string().ok();
        let named = given.or_else(set).or_else(|| self.file.store.clone());
        named.context(
            "no archive is named: give `--store URL`, a folder for one, or set JCODE_STORE, or `store` in the settings file",
        )
    }
}

/// A variable of the environment, if it is set to something.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

/// How older lines are stored, as far as it is set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SegmentSettings {
    /// Bytes of a segment.
    pub size: Option<u64>,
    /// Whether to compress segments.
    pub compress: bool,
}
