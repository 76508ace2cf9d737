//! A path with the edits on it applied.
//!
//! Owns: how an edited entry and the edit itself are shown. Core decides which edit holds.
//! Invariant: replaced content is not shown. New content is shown once: at the entry, or at the edit if the entry is
//! not shown.

use super::json::Object;
use super::model::{Block, Message};
use jcode_session_core::session::{Edited, Edits};
use std::collections::HashSet;

/// A path whose entries are passed in path order.
#[derive(Debug)]
pub(crate) struct Path {
    edits: Edits,
    /// Ids of the entries that were shown as edited.
    shown: HashSet<String>,
}

impl Path {
    /// A path with these edits.
    pub(crate) fn new(edits: Edits) -> Self {
        Self { edits, shown: HashSet::new() }
    }

    /// Applies the edits to the next entry of the path, and passes the result to `show`.
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

    /// If the edited entry was shown, the edit only refers to it.
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
