//! A path as the edits on it leave it.
//!
//! Owns: what is shown of an entry that was edited, and of the edit itself.
//! Invariant: what an edit replaced is not shown, and what it put there is shown once: where the entry stands, or, if
//! that is not among those shown, at the edit.
//! Does not: decide which edit holds; core does.

use super::json::Object;
use super::model::{Block, Message};
use jcode_session_core::session::{Edited, Edits};
use std::collections::HashSet;

/// A path, from which entries are taken in path order.
#[derive(Debug)]
pub(crate) struct Path {
    edits: Edits,
    /// Ids of entries that were shown as edited.
    shown: HashSet<String>,
}

impl Path {
    /// A path on which these edits hold.
    pub(crate) fn new(edits: Edits) -> Self {
        Self { edits, shown: HashSet::new() }
    }

    /// Hands the path's next entry, as edited, to `show`.
    pub(crate) fn next<T>(&mut self, line: &[u8], show: impl FnOnce(&Message<'_>) -> T) -> T {
        let note = |words: String| Block::Note(words.into());
        match self.edits.apply(line) {
            Edited::No => {
                let mut message = Message::read(line);
                self.refer(&mut message, line);
                show(&message)
            }
            Edited::Replaced { by, line } => {
                let mut message = Message::read(&line);
                message.blocks.push(note(format!("replaced by the edit {by}")));
                self.shown.insert(message.id.to_string());
                show(&message)
            }
            Edited::LeftOut { by } => {
                let mut message = Message::read(line);
                message.blocks = vec![note(format!("left out of the context by the edit {by}"))];
                self.shown.insert(message.id.to_string());
                show(&message)
            }
        }
    }

    /// An edit whose entry was shown only points there.
    fn refer(&self, message: &mut Message<'_>, line: &[u8]) {
        if message.name != "context_edit" {
            return;
        }
        let target = Object::read(line).and_then(|edit| edit.text("targetId"));
        let Some(target) = target.filter(|target| self.shown.contains(&**target)) else { return };
        let holds = self.edits.holds(&target, &message.id);
        let words = if holds { "edited, as shown there" } else { "edited, but a later edit holds" };
        message.blocks = vec![Block::Note(format!("{target}: {words}").into())];
    }
}
