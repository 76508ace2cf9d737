//! What a file is.
//!
//! Owns: the kinds of files that have the name of a session, and for each its words and what can be done about it.
//! Invariant: every command says the same of a file, because it asks here; words that name a command name one that
//! then works on that very file.
//! Does not: judge; [`super::detect`] does.

use crate::finding::{Code, Finding};
use crate::log::{Dialect, Header};
use alloc::string::ToString;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A log with its header, of a dialect that is read.
    Log,
    /// A log of the current dialect that lost its header.
    Headless,
    /// Another agent's session: read, never written.
    Foreign,
    /// A log of a format that is newer than this software.
    Newer(Newer),
    /// No session log.
    Other(Other),
}

/// A format that is newer than this software: it is never written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Newer {
    /// A header of this version; its entries are read as those of version 3.
    #[error("format version {0} is newer than this software knows (3); it is read as far as it goes, never written")]
    Version(i64),
    /// pi's format of this number, in which a line is one write or several; its entries are not read.
    #[error("pi's format {0} is newer than this software knows (3); its entries are neither read nor written here")]
    Pi(i64),
}

/// A file that is no session log, in words: what it is, and what can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Other {
    /// What it is.
    pub what: What,
    /// Its length.
    pub len: u64,
}

impl core::fmt::Display for Other {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let bytes = if self.len == 1 { "byte" } else { "bytes" };
        write!(f, "no session log but {} ({} {bytes}); {}", self.what, self.len, self.what.cure())
    }
}

/// What a file is that is no session log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// Another agent's.
    #[error("a session of {name}")]
    Agent {
        /// Its dialect; unknown where only the name is.
        dialect: Dialect,
        /// The agent.
        name: &'static str,
    },
    /// JSON lines.
    #[error("JSON lines of which none is a header or an entry of one")]
    Json,
    /// One JSON document.
    #[error("one JSON document")]
    Document,
    /// Nothing.
    #[error("an empty file")]
    Empty,
    /// White space.
    #[error("blanks alone")]
    Blank,
    /// NUL bytes.
    #[error("NUL bytes alone, as a power cut leaves them")]
    Nul,
    /// UTF-16.
    #[error("text in UTF-16, not UTF-8")]
    Utf16,
    /// A header of which the end is lost, and nothing else.
    #[error("a header that breaks off at byte {0}")]
    TornHeader(u64),
    /// An object of which the end is lost, and nothing else.
    #[error("JSON that breaks off at byte {0}")]
    TornJson(u64),
    /// A header that is longer than readers look for one.
    #[error("a log whose header does not end within the first MiB, where headers are looked for")]
    EndlessHeader,
    /// A database.
    #[error("an SQLite database")]
    Database,
    /// Text.
    #[error("text of which no line is a JSON object")]
    Text,
    /// Bytes.
    #[error("bytes that are no text")]
    Binary,
    /// A pipe, a device, a socket.
    #[error("no regular file")]
    NoFile,
}

impl What {
    /// What can be done about it.
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

    /// A session may have been lost in it, which is an error; all else only does not belong among sessions.
    #[must_use]
    pub const fn is_damage(self) -> bool {
        matches!(self, Self::Nul | Self::Utf16 | Self::TornHeader(_) | Self::TornJson(_) | Self::EndlessHeader)
    }
}

/// What the head of a file says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// What it is.
    pub kind: FileKind,
    /// Its dialect.
    pub dialect: Dialect,
    /// The header, if it has one.
    pub header: Option<Header>,
}

impl Detected {
    /// A log of a dialect that is read.
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

    /// A log of a newer format.
    #[must_use]
    pub const fn newer(newer: Newer, header: Header) -> Self {
        Self { kind: FileKind::Newer(newer), dialect: Dialect::Unknown, header: Some(header) }
    }

    /// No session log.
    #[must_use]
    pub const fn other(what: What, len: u64) -> Self {
        let dialect = if let What::Agent { dialect, .. } = what { dialect } else { Dialect::Unknown };
        Self { kind: FileKind::Other(Other { what, len }), dialect, header: None }
    }

    /// It is a session, of whatever format.
    #[must_use]
    pub const fn is_session(&self) -> bool {
        !matches!(self.kind, FileKind::Other(_))
    }

    /// The one finding about a file that is not judged line by line, because its lines are not known.
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

    /// Its entries can be shown.
    ///
    /// # Errors
    /// Why not.
    pub fn readable(&self) -> Result<(), Refused> {
        match &self.kind {
            FileKind::Other(_) | FileKind::Newer(Newer::Pi(_)) => self.known(),
            _ => Ok(()),
        }
    }

    /// It is a session of ours whose format is known, so that a command may change it.
    ///
    /// # Errors
    /// Why not.
    pub fn known(&self) -> Result<(), Refused> {
        match &self.kind {
            FileKind::Log | FileKind::Headless => Ok(()),
            FileKind::Foreign => Err(Refused::Foreign(self.dialect)),
            FileKind::Newer(newer) => Err(Refused::Newer(*newer)),
            FileKind::Other(other) => Err(Refused::Other(*other)),
        }
    }

    /// It is of the current dialect, header or not.
    ///
    /// # Errors
    /// Why not.
    pub fn current(&self) -> Result<(), Refused> {
        self.known()?;
        if self.dialect.is_current() { Ok(()) } else { Err(Refused::Older(self.dialect)) }
    }

    /// Entries can be added to it; its header.
    ///
    /// # Errors
    /// Why not.
    pub fn writable(&self) -> Result<&Header, Refused> {
        self.current()?;
        self.header.as_ref().ok_or(Refused::Headless)
    }
}

/// Why a file is not taken. Follows the name of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It must be upgraded first.
    #[error("is a {0} log; `migrate` it before writing to it")]
    Older(Dialect),
    /// It has no header.
    #[error("has lost its header; `repair` gives it a new one")]
    Headless,
    /// It is another agent's.
    #[error("a session of {}; it is read here, never written: `import` makes a session of it that can be", .0.agent().unwrap_or("another agent"))]
    Foreign(Dialect),
    /// It is of a newer format.
    #[error("{0}")]
    Newer(Newer),
    /// It is no session log.
    #[error("{0}")]
    Other(Other),
}
