//! Where a command prints: to the process's streams, or into memory for who answers in its place.
//!
//! Owns: the two destinations, and the limit of what is kept.
//! Invariant: kept data that reached its limit looks to the command like a pipe that its reader closed, so the command
//! ends at once and without an error.

use super::pager::Pager;
use anstream::{AutoStream, ColorChoice};
use std::io::{self, IsTerminal, Stdout, Write};

/// The destination of data.
#[derive(Debug)]
pub(super) enum Data {
    Stdout(Stdout),
    /// Only what goes to a terminal is paged.
    Pager(Pager),
    Kept {
        bytes: Vec<u8>,
        limit: usize,
        is_cut: bool,
    },
}

/// The destination of everything else.
#[derive(Debug)]
pub(super) enum Aside {
    Stderr,
    Kept(String),
}

/// What a command printed into memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Bytes of the data, at most the limit.
    pub data: Vec<u8>,
    /// True if there was more data than the limit.
    pub is_cut: bool,
    /// Hints, warnings and errors.
    pub aside: String,
}

impl Data {
    pub(super) fn is_terminal(&self) -> bool {
        match self {
            Self::Stdout(stdout) => stdout.is_terminal(),
            Self::Pager(_) => true,
            Self::Kept { .. } => false,
        }
    }

    pub(super) fn into_kept(self, aside: Aside) -> Kept {
        let aside = if let Aside::Kept(text) = aside { text } else { String::new() };
        match self {
            Self::Stdout(_) | Self::Pager(_) => Kept { aside, ..Kept::default() },
            Self::Kept { bytes, is_cut, .. } => Kept { data: bytes, is_cut, aside },
        }
    }
}

impl Write for Data {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(from),
            Self::Pager(pager) => pager.write(from),
            Self::Kept { bytes, limit, is_cut } => {
                let room = (*limit - bytes.len()).min(from.len());
                bytes.extend_from_slice(&from[..room]);
                if room == 0 && !from.is_empty() {
                    *is_cut = true;
                    return Err(io::ErrorKind::BrokenPipe.into());
                }
                Ok(room)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Pager(pager) => pager.flush(),
            Self::Kept { .. } => Ok(()),
        }
    }
}

impl Aside {
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Self::Stderr) && io::stderr().is_terminal()
    }

    /// Prints text that may hold styles.
    pub(super) fn styled(&mut self, text: &str, color: ColorChoice) {
        match self {
            // If standard error is closed, there is nowhere to report it.
            Self::Stderr => drop(AutoStream::new(io::stderr(), color).write_all(text.as_bytes())),
            Self::Kept(kept) => kept.push_str(&anstream::adapter::strip_str(text).to_string()),
        }
    }

    /// Prints bytes unchanged.
    pub(super) fn raw(&mut self, bytes: &[u8]) {
        match self {
            // If standard error is closed, there is nowhere to report it.
            Self::Stderr => drop(io::stderr().write_all(bytes)),
            Self::Kept(kept) => kept.push_str(&String::from_utf8_lossy(bytes)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_data_ends_at_its_limit_as_a_closed_pipe_does() {
        let mut data = Data::Kept { bytes: Vec::new(), limit: 4, is_cut: false };
        assert!(data.write_all(b"abcd").is_ok());
        let error = data.write_all(b"e").expect_err("over the limit");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
        let kept = data.into_kept(Aside::Kept("said".into()));
        assert_eq!(kept, Kept { data: b"abcd".to_vec(), is_cut: true, aside: "said".into() });
    }
}
