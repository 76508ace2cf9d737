//! A session as rows of tables.
//!
//! Owns: nothing; core's `fleet` says what stands in them.
//! Invariant: a digest is of the bytes as readers see them, in the current dialect.

use super::open::{Session, SessionError, at};
use jcode_session_core::fleet::{AsTheyAre, Facts, Tables, Texts, Words, rows_of};
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

    /// Gives `out` the rows of the session, in order, some at a time.
    ///
    /// # Errors
    /// Fails if the log cannot be read, or `out` fails.
    pub fn rows<E: From<SessionError>>(
        &self,
        facts: &Facts,
        texts: Texts,
        words: &mut dyn Words,
        out: &mut dyn FnMut(Tables) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut out = |rows| out(rows).map_err(Stopped::Out);
        rows_of(self.core(), facts, texts, words, &mut out).map_err(|stopped| match stopped {
            Stopped::Log(error) => at(self.path())(error).into(),
            Stopped::Out(error) => error,
        })
    }

    /// All rows of the session, with the words of its log.
    ///
    /// # Errors
    /// Fails if the log cannot be read.
    pub fn tables(&self, facts: &Facts, texts: Texts) -> Result<Tables, SessionError> {
        let mut all = Tables::default();
        self.rows::<SessionError>(facts, texts, &mut AsTheyAre, &mut |rows| {
            all.append(rows);
            Ok(())
        })?;
        Ok(all)
    }
}

/// Why there are no more rows.
enum Stopped<E> {
    Log(ReadError),
    Out(E),
}

impl<E> From<ReadError> for Stopped<E> {
    fn from(error: ReadError) -> Self {
        Self::Log(error)
    }
}
