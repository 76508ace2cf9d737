//! A session as rows of tables.
//!
//! Owns: nothing; core's `fleet` says what stands in them.
//! Invariant: a digest is of the bytes as readers see them, in the current dialect.

use super::open::{Session, SessionError, at};
use jcode_session_core::fleet::{Facts, Tables, Texts, rows_of};
use jcode_session_core::session::ReadError;
use jcode_session_core::source::Pieces;

impl Session {
    /// BLAKE3 of the log, in hexadecimal digits.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn digest(&self) -> Result<String, SessionError> {
        let bytes = self.bytes();
        let (mut hasher, mut pieces) = (blake3::Hasher::new(), Pieces::new(bytes, 0..bytes.len()));
        while let Some((_, piece)) = pieces.read().map_err(ReadError::from).map_err(at(self.path()))? {
            hasher.update(piece);
        }
        Ok(hasher.finalize().to_hex().to_string())
    }

    /// The rows of the session.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn tables(&self, facts: &Facts, texts: Texts) -> Result<Tables, SessionError> {
        rows_of(self.core(), facts, texts).map_err(at(self.path()))
    }
}
