//! The kinds of files that have the name of a session.
//!
//! If you change a kind, then change section 3.3 of `docs/format.md` too.
//!
//! Owns: the kinds, and for each its message and the operations that it allows.
//! Invariant: all commands agree about a file, because they ask here. A message that names a command names one that
//! works on that file.
//! Does not: detect the kind; see [`super::detect`].

use crate::finding::{Code, Finding};
use crate::log::{Dialect, Header};
use alloc::string::ToString;

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A log with its header, in a dialect that is read.
    Log,
    /// A log of the current dialect that lost its header.
    Headless,
    /// Another agent's session, which is read and never written.
    Foreign,
    /// A log in a newer format.
    Newer(Newer),
    /// No session log.
    Other(Other),
}

/// A format newer than this software, which is never written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Newer {
    /// A header with this version; entries are read like those of version 3.
    #[error("format version {0} is newer than this software knows (3); it is read as far as it goes, never written")]
    Version(i64),
    /// pi's format of this number, in which a line is one write or several; its entries are not read.
    #[error("pi's format {0} is newer than this software knows (3); its entries are neither read nor written here")]
    Pi(i64),
}

/// A file that is not a session log; displays as what it is and the cure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Other {
    /// What it is.
    pub what: What,
    /// Length in bytes.
    pub len: u64,
}

impl core::fmt::Display for Other {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let bytes = if self.len == 1 { "byte" } else { "bytes" };
        write!(f, "no session log but {} ({} {bytes}); {}", self.what, self.len, self.what.cure())
    }
}

/// What a file is, if it is not a session log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// Another agent's session that is not read.
    #[error("a session of {name}")]
    Agent {
        /// Its dialect; unknown if only the agent's name is known.
        dialect: Dialect,
        /// The agent.
        name: &'static str,
    },
    /// JSON lines of another program.
    #[error("JSON lines of which none is a header or an entry of one")]
    Json,
    /// One JSON document.
    #[error("one JSON document")]
    Document,
    /// An empty file.
    #[error("an empty file")]
    Empty,
    /// Only white space.
    #[error("blanks alone")]
    Blank,
    /// Only NUL bytes.
    #[error("NUL bytes alone, as a power cut leaves them")]
    Nul,
    /// Text in UTF-16.
    #[error("text in UTF-16, not UTF-8")]
    Utf16,
    /// Only the start of a header.
    #[error("a header that breaks off at byte {0}")]
    TornHeader(u64),
    /// Only the start of an object.
    #[error("JSON that breaks off at byte {0}")]
    TornJson(u64),
    /// A header that ends behind the first MiB.
    #[error("a log whose header does not end within the first MiB, where headers are looked for")]
    EndlessHeader,
    /// An SQLite database.
    #[error("an SQLite database")]
    Database,
    /// Text that is not JSON.
    #[error("text of which no line is a JSON object")]
    Text,
    /// Bytes that are not text.
    #[error("bytes that are no text")]
    Binary,
    /// Not a regular file: a pipe, a device, a socket.
    #[error("no regular file")]
    NoFile,
}

impl What {
    /// The cure, for messages.
    #[must_use]
    pub const fn cure(self) -> &'static str {
        match self {
            Self::Agent { .. } => "that program reads it; here it is not read, and never written",
            Self::Json | Self::Document | Self::Database | Self::Text | Self::Binary | Self::NoFile => {
                "move it away if it does not belong here"
            }
            Self::Empty => "`append` makes a session of it, or delete it",
            Self::Blank => "delete it",
            Self::Nul | Self::TornHeader(_) | Self::TornJson(_) => {
                "nothing of a session is left in it: restore it from a backup, or delete it"
            }
            Self::Utf16 => "convert it with `iconv -f UTF-16 -t UTF-8`",
            Self::EndlessHeader => "shorten the header by hand",
        }
    }

    /// True if a session may be lost in the file, which is an error; the other kinds only do not belong among sessions.
    #[must_use]
    pub const fn is_damage(self) -> bool {
        matches!(self, Self::Nul | Self::Utf16 | Self::TornHeader(_) | Self::TornJson(_) | Self::EndlessHeader)
    }
}

/// Result of the detection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// The kind of file.
    pub kind: FileKind,
    /// Its dialect.
    pub dialect: Dialect,
    /// The header, if it has one.
    pub header: Option<Header>,
}

impl Detected {
    /// A log in a dialect that is read.
    #[must_use]
    pub const fn log(dialect: Dialect, header: Option<Header>) -> Self {
        Self { kind: FileKind::Log, dialect, header }
    }

    /// A log of the current dialect that lost its header.
    #[must_use]
    pub const fn headless() -> Self {
        Self { kind: FileKind::Headless, dialect: Dialect::TreeV3, header: None }
    }

    /// A session of another agent.
    #[must_use]
    pub const fn foreign(dialect: Dialect) -> Self {
        Self { kind: FileKind::Foreign, dialect, header: None }
    }

    /// A log in a newer format.
    #[must_use]
    pub const fn newer(newer: Newer, header: Header) -> Self {
        Self { kind: FileKind::Newer(newer), dialect: Dialect::Unknown, header: Some(header) }
    }

    /// A file that is not a session log.
    #[must_use]
    pub const fn other(what: What, len: u64) -> Self {
        let dialect = if let What::Agent { dialect, .. } = what { dialect } else { Dialect::Unknown };
        Self { kind: FileKind::Other(Other { what, len }), dialect, header: None }
    }

    /// True if it is a session, in any format.
    #[must_use]
    pub const fn is_session(&self) -> bool {
        !matches!(self.kind, FileKind::Other(_))
    }

    /// The only finding about a file that is not read line by line; `None` for other files.
    #[must_use]
    pub fn finding(&self) -> Option<Finding> {
        match &self.kind {
            FileKind::Log | FileKind::Headless | FileKind::Foreign => None,
            FileKind::Newer(newer) => {
                let (offset, line) = self.header.as_ref().map_or((0, 1), |header| (header.offset, header.line));
                Some(Finding::at(Code::NewerVersion, offset, line).say(newer.to_string()))
            }
            FileKind::Other(other) => Some(Finding::new(Code::NotASession).say(other.to_string())),
        }
    }

    /// Succeeds if the entries can be shown.
    ///
    /// # Errors
    /// The reason why they cannot.
    pub fn readable(&self) -> Result<(), Refused> {
        match &self.kind {
            FileKind::Other(_) | FileKind::Newer(Newer::Pi(_)) => self.known(),
            _ => Ok(()),
        }
    }

    /// Succeeds if it is a session of jcode's or pi's in a known format, so that commands may change it.
    ///
    /// # Errors
    /// The reason why it is not.
    pub fn known(&self) -> Result<(), Refused> {
        match &self.kind {
            FileKind::Log | FileKind::Headless => Ok(()),
            FileKind::Foreign => Err(Refused::Foreign(self.dialect)),
            FileKind::Newer(newer) => Err(Refused::Newer(*newer)),
            FileKind::Other(other) => Err(Refused::Other(*other)),
        }
    }

    /// Succeeds if it is in the current dialect, with or without a header.
    ///
    /// # Errors
    /// The reason why it is not.
    pub fn current(&self) -> Result<(), Refused> {
        self.known()?;
        if self.dialect.is_current() { Ok(()) } else { Err(Refused::Older(self.dialect)) }
    }

    /// The header, if entries can be appended.
    ///
    /// # Errors
    /// The reason why they cannot.
    pub fn writable(&self) -> Result<&Header, Refused> {
        self.current()?;
        self.header.as_ref().ok_or(Refused::Headless)
    }
}

/// Why a file is refused. The message continues the file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It must be upgraded first.
    #[error("is a {0} log; `migrate` it before writing to it")]
    Older(Dialect),
    /// The log lost its header.
    #[error("has lost its header; `repair` gives it a new one")]
    Headless,
    /// It is another agent's session.
    #[error("a session of {}; it is read here, never written: `import` makes a session of it that can be", .0.agent().unwrap_or("another agent"))]
    Foreign(Dialect),
    /// Its format is newer.
    #[error("{0}")]
    Newer(Newer),
    /// It is not a session log.
    #[error("{0}")]
    Other(Other),
}
