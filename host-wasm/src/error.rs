//! Errors of the package. Findings about a log are no errors.
//!
//! Owns: the error codes, which programs read.
//! Invariant: every error of core has a code.

use jcode_session_core::dialect::Refused;
use jcode_session_core::dialect::jcode::ReplayError;
use jcode_session_core::session::ReadError;
use jcode_session_core::source::SourceError;

/// Why a question could not be answered. The name of a code is its variant in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// A source has changed.
    Changed,
    /// A source could not be read.
    Io,
    /// The caller cancelled.
    Cancelled,
    /// There is no such entry.
    NoEntry,
    /// The file is no session log.
    NotASession,
    /// The log has a newer format, whose entries are not read.
    NewerVersion,
    /// The v1 files form no session.
    V1Unreadable,
    /// More bytes than one call may return.
    TooLarge,
    /// Only the build with SQLite can answer.
    NeedsSqlite,
    /// An argument does not have the described form.
    BadArgument,
    /// Called while another call is running.
    Busy,
    /// A bug in this package.
    Internal,
}

impl Code {
    /// The name of the code.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Io => "io",
            Self::Cancelled => "cancelled",
            Self::NoEntry => "no-entry",
            Self::NotASession => "not-a-session",
            Self::NewerVersion => "newer-version",
            Self::V1Unreadable => "v1-unreadable",
            Self::TooLarge => "too-large",
            Self::NeedsSqlite => "needs-sqlite",
            Self::BadArgument => "bad-argument",
            Self::Busy => "busy",
            Self::Internal => "internal",
        }
    }
}

/// A question that could not be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The code.
    pub code: Code,
    /// The message, with a remedy.
    pub message: String,
    /// The offset in the source.
    pub offset: Option<u64>,
}

impl Error {
    /// An error without an offset.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), offset: None }
    }
}

impl From<SourceError> for Error {
    fn from(error: SourceError) -> Self {
        let (code, offset) = match &error {
            SourceError::Shrank { actual, .. } => (Code::Changed, Some(*actual)),
            SourceError::Io { offset, .. } | SourceError::TooLong { offset } | SourceError::Lost { offset } => {
                (Code::Io, Some(*offset))
            }
            SourceError::Interrupted => (Code::Cancelled, None),
            _ => (Code::Internal, None),
        };
        Self { code, message: error.to_string(), offset }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let code = if let Refused::Newer(_) = refused { Code::NewerVersion } else { Code::NotASession };
        Self::new(code, refused.to_string())
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Source(source) => source.into(),
            ReadError::Refused(refused) => refused.into(),
            ReadError::NoEntry(key) => Self::new(Code::NoEntry, format!("no entry `{key}`")),
            other => Self::new(Code::Internal, other.to_string()),
        }
    }
}

impl From<ReplayError> for Error {
    fn from(error: ReplayError) -> Self {
        let message = error.to_string();
        match error {
            ReplayError::Source(source) => source.into(),
            ReplayError::Unreadable { offset } | ReplayError::TooLarge { offset } => {
                Self { code: Code::V1Unreadable, message, offset: Some(offset) }
            }
            _ => Self::new(Code::Internal, message),
        }
    }
}
