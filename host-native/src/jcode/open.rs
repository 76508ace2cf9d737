//! A session of jcode, open for writing.
//!
//! Owns: what is held of it in memory: the ids of its messages, not the messages.
//! Invariant: [`Held`] is the state of the log as this writer left or found it; what others append is taken in before
//! anything is added.
//! Does not: hold what jcode holds itself.

use super::error::{JcodeError, SaveError};
use super::held::Held;
use super::others::follow;
use super::read;
use crate::writer::{Closed, InTurn, LockMode, NewSession, Writer, WriterOptions};
use jcode_session_core::dialect::jcode::{Beside, Birth, Fields, State};
use jcode_session_core::write::{Durability, Parent, Unwritten};
use std::path::{Path, PathBuf};

/// How a session is written.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// When a save is acknowledged.
    pub durability: Durability,
    /// For how long the session is locked.
    pub lock: LockMode,
    /// What jcode writes beside the log.
    pub beside: Beside,
}

impl Options {
    fn writer(&self, create: Option<NewSession>) -> WriterOptions {
        WriterOptions { durability: self.durability, lock: self.lock, create, ..WriterOptions::default() }
    }
}

/// A session of jcode, open for writing.
#[derive(Debug)]
pub struct OpenSession {
    pub(super) writer: Writer,
    pub(super) log: PathBuf,
    pub(super) beside: Beside,
    pub(super) held: Held,
    /// The fields as jcode said them last.
    pub(super) said: Fields,
    /// Bytes appended since all fields were said.
    pub(super) since_complete: usize,
}

impl OpenSession {
    /// Begins a session with these fields; `created_at` and `id` are filled in where they lack.
    ///
    /// # Errors
    /// See [`JcodeError`].
    pub fn create(log: &Path, fields: &Fields, options: &Options) -> Result<Self, JcodeError> {
        let session_id = fields.text("id").unwrap_or_else(|| crate::os::paths::stem(log));
        let new = NewSession { session_id: Some(session_id.clone()), jcode: fields.clone(), ..NewSession::default() };
        let writer = Writer::open(log, &options.writer(Some(new)))?;
        let large = Birth::of(fields, &session_id, None, 0).map(|birth| birth.large).unwrap_or_default();
        let mut session = Self::of(writer, log, options)?;
        if session.writer.leaf().is_some() {
            // It was there.
            session.said = session.find()?.fields;
            return Ok(session);
        }
        if !large.is_empty() {
            let entry = options.beside.meta(&large);
            session.held.leaf = Some(session.writer.append(&entry, Parent::Leaf).map_err(SaveError::from)?);
        }
        session.held.fields = read::recent(log)?.fields;
        session.held.fields.apply(&large);
        session.said = session.held.fields.clone();
        Ok(session)
    }

    /// Opens a session that is there; its state as it is found.
    ///
    /// # Errors
    /// See [`JcodeError`].
    pub fn open(log: &Path, options: &Options) -> Result<(Self, State), JcodeError> {
        let writer = Writer::open(log, &options.writer(None))?;
        let mut session = Self::of(writer, log, options)?;
        let state = session.find()?;
        session.said = state.fields.clone();
        Ok((session, state))
    }

    /// Reads all of the session in a turn.
    fn find(&mut self) -> Result<State, JcodeError> {
        let Self { writer, log, held, .. } = self;
        let state = writer.in_turn(|turn| {
            let state = read::load(log)?;
            *held = Held::of(&state, log, turn.leaf())?;
            Ok::<_, SaveError>(state)
        })?;
        Ok(state)
    }

    fn of(writer: Writer, log: &Path, options: &Options) -> Result<Self, JcodeError> {
        let log = std::path::absolute(log).map_err(crate::os::files::PathError::new("find", log))?;
        let (held, said) = (Held::default(), Fields::default());
        // The first save says all fields.
        Ok(Self { writer, log, beside: options.beside, held, said, since_complete: usize::MAX })
    }

    /// Takes in what others wrote before this turn; whether they did.
    pub(super) fn take_in(held: &mut Held, log: &Path, turn: &InTurn<'_>) -> Result<bool, SaveError> {
        let Some(others) = turn.others() else { return Ok(false) };
        if !follow(held, log, others.range.clone()).map_err(read::of(log))? {
            *held = Held::of(&read::load(log)?, log, turn.leaf())?;
        }
        Ok(true)
    }

    /// Keeps the session's row in the session index of `home` up to date.
    pub fn list_in(&mut self, home: &Path) {
        let log = self.log.clone();
        self.writer.list_in(home, &log);
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// How many messages the active path has.
    #[must_use]
    pub fn message_count(&self) -> usize {
        self.held.path.len()
    }

    /// The entries of the messages on the active path.
    #[must_use]
    pub fn message_ids(&self) -> &[String] {
        &self.held.path
    }

    /// The fields as the log has them, what others changed included.
    #[must_use]
    pub const fn fields(&self) -> &Fields {
        &self.held.fields
    }

    /// The writer below.
    #[must_use]
    pub const fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Sees to it that all that was saved is on the disk.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn flush(&self) -> Result<(), SaveError> {
        Ok(self.writer.flush()?)
    }

    /// Flushes and lets go of the session.
    ///
    /// # Errors
    /// [`Unwritten`], with the lines that were acknowledged and are not in the log.
    pub fn close(self) -> Result<Closed, Unwritten> {
        self.writer.close()
    }
}
