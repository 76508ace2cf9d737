//! A path as text, and back.
//!
//! Owns: the form in which messages and reports show a path: its text, with `\xNN` for each byte that is not valid
//! UTF-8.
//! Invariant: a shown path can be given back to a command. If a file really has that name, the file goes first.

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
    text
}

/// The path for which [`shown`] returned this text, if the path differs from the text.
#[cfg(unix)]
#[must_use]
pub fn from_shown(text: &OsStr) -> Option<PathBuf> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let mut rest = text.as_bytes();
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&first, behind)) = rest.split_first() {
        match escaped(rest) {
            Some(byte) => {
                bytes.push(byte);
                rest = rest.get(4..).unwrap_or_default();
            }
            None => {
                bytes.push(first);
                rest = behind;
            }
        }
    }
    (bytes != text.as_bytes()).then(|| PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}

/// On other systems, names are text.
#[cfg(not(unix))]
#[must_use]
pub fn from_shown(_: &OsStr) -> Option<PathBuf> {
    None
}

/// The byte that `\xNN` encodes at the start of the text.
#[cfg(unix)]
fn escaped(text: &[u8]) -> Option<u8> {
    let digits = text.strip_prefix(b"\\x")?.get(..2)?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok().filter(|byte| !byte.is_ascii())
}
