//! Messages in the place of those that a session of jcode has.
//!
//! Owns: the last message that both have: what differs behind it becomes a branch.
//! Invariant: nothing leaves the log, and a session with messages is never left with none, as in jcode.

use super::error::SaveError;
use super::open::OpenSession;
use super::read;
use super::save::{Save, Saved};
use jcode_session_core::dialect::jcode::{Fields, same_message};

impl OpenSession {
    /// Has the session hold these messages: the first that is not as it was begins a branch.
    ///
    /// # Errors
    /// See [`SaveError`]. What goes back and what is new are a batch each.
    pub fn replace_messages(&mut self, messages: &[&[u8]], fields: &Fields) -> Result<Saved, SaveError> {
        self.flush()?;
        let there = read::load(&self.log)?.messages;
        if messages.is_empty() && !there.is_empty() {
            return Err(SaveError::WouldEmpty(there.len()));
        }
        let equal = there.iter().zip(messages).take_while(|(there, new)| same_message(&there.json, new)).count();
        let new = messages.get(equal..).unwrap_or_default();
        let back = if equal < there.len() { self.rewind(equal, fields)? } else { Saved::default() };
        if new.is_empty() && equal < there.len() {
            return Ok(back);
        }
        let saved = self.save(&Save { messages: new, ..Save::of(fields) })?;
        Ok(Saved { entries: back.entries + saved.entries, others_wrote: back.others_wrote || saved.others_wrote })
    }
}
