//! A path as text, and back.
//!
//! Owns: the form in which messages and reports show a path: its text, with `\xNN` for each byte that is not valid
//! UTF-8, and with one kind of slash.
//! Invariant: a shown path can be given back to a command. If a file really has that name, the file goes first.

use crate::os::system;
use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The path as text. Nothing is lost where file names are bytes.
#[must_use]
pub fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(text, "\\x{byte:02X}");
        }
    }
    system::plain(text)
}

/// The path for which [`shown`] returned this text, if the path differs from the text. Only where file names are bytes.
#[must_use]
pub fn from_shown(text: &OsStr) -> Option<PathBuf> {
    system::unescaped(text)
}

/// A path as the system writes it: on Windows with one kind of slash, else as it is given.
#[must_use]
pub fn plain(path: PathBuf) -> PathBuf {
    path.into_os_string().into_string().map_or_else(PathBuf::from, |text| system::plain(text).into())
}

/// Whether this byte of a path means itself to the shells of this system, outside of quotes.
#[must_use]
pub fn is_bare_in_shell(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || system::BARE.contains(&byte)
}

/// A text in the quotes of the shells of this system.
#[must_use]
pub fn quoted_for_shell(text: &str) -> String {
    system::quoted(text)
}

/// The path of the bytes that `as_encoded_bytes` gave.
pub(crate) fn path_of(bytes: &[u8]) -> Cow<'_, Path> {
    system::path_of(bytes)
}
