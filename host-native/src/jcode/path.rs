//! Going back in a session of jcode, and editing what stands on its path.
//!
//! Owns: rewind, its undo, and the edit of a message. Each costs one batch, whatever the length of the session.
//! Invariant: nothing leaves the log. What a rewind leaves is a branch; edits of messages that stay go with it, as jcode
//! edits in place.
//! Does not: compare messages.

use super::error::SaveError;
use super::held::Rewound;
use super::open::OpenSession;
use super::read;
use super::save::{Batch, Saved};
use crate::session::Session;
use jcode_session_core::dialect::Edits;
use jcode_session_core::dialect::jcode::{Fields, State};
use jcode_session_core::write::Parent;

impl OpenSession {
    /// Goes back to the first `keep` messages; `fields` as they are then.
    ///
    /// # Errors
    /// See [`SaveError`]; the session is as it was then.
    pub fn rewind(&mut self, keep: usize, fields: &Fields) -> Result<Saved, SaveError> {
        let Self { writer, log, beside, held, said, since_complete } = self;
        writer.in_turn(|turn| {
            let others_wrote = Self::take_in(held, log, turn)?;
            let of = held.path.len();
            let target = match keep.checked_sub(1) {
                None => None,
                Some(last) => Some(held.path.get(last).ok_or(SaveError::NoMessage { at: last, of })?.clone()),
            };
            if target.as_ref().is_some_and(String::is_empty) {
                return Err(SaveError::NoId { at: keep - 1 });
            }
            let Some(from) = turn.leaf() else { return Err(SaveError::NoMessage { at: keep, of }) };
            let cut = held.path.split_off(keep.min(of));
            let mut batch = Batch::new(*beside, said.changes_to(fields));
            batch.entries.push(beside.rewind(Some(&from)));
            for (target, content) in held.edits.iter().filter(|(target, _)| !cut.iter().any(|id| id == target)) {
                batch.entries.push(beside.edit(target, content)?);
            }
            batch.fields(held, held.path.len(), true);
            let ids = match batch.append(turn, target.as_deref().map_or(Parent::Root, Parent::Id)) {
                Ok(ids) => ids,
                Err(error) => {
                    held.path.extend(cut);
                    return Err(error);
                }
            };
            let edits = held.edits.clone();
            held.edits.retain(|target| !cut.iter().any(|id| id == target));
            held.rewound = Some(Rewound { from, before: Some((cut, edits)) });
            held.leaf = ids.last().cloned();
            held.fields.apply(&batch.changes);
            said.apply(&batch.changes);
            *since_complete = 0;
            Ok(Saved { entries: ids.len(), others_wrote })
        })
    }

    /// Takes the last rewind back, if no message followed it; `fields` as they are then.
    ///
    /// # Errors
    /// See [`SaveError`]; the session is as it was then.
    pub fn undo_rewind(&mut self, fields: &Fields) -> Result<Saved, SaveError> {
        self.flush()?;
        let Self { writer, log, beside, held, said, since_complete } = self;
        writer.in_turn(|turn| {
            let others_wrote = Self::take_in(held, log, turn)?;
            let Some(rewound) = held.rewound.take() else { return Err(SaveError::NothingToUndo) };
            let leaf = turn.leaf();
            let now = (std::mem::take(&mut held.path), held.edits.clone());
            let (path, edits) = match &rewound.before {
                Some((cut, edits)) => (now.0.iter().chain(cut).cloned().collect(), edits.clone()),
                None => before(log, &rewound.from)?,
            };
            (held.path, held.edits) = (path, edits);
            let mut batch = Batch::new(*beside, said.changes_to(fields));
            batch.entries.push(beside.rewind(leaf.as_deref()));
            batch.fields(held, held.path.len(), true);
            let ids = match batch.append(turn, Parent::Id(&rewound.from)) {
                Ok(ids) => ids,
                Err(error) => {
                    (held.path, held.edits) = now;
                    held.rewound = Some(rewound);
                    return Err(error);
                }
            };
            held.rewound = leaf.map(|from| Rewound { from, before: None });
            held.leaf = ids.last().cloned();
            held.fields.apply(&batch.changes);
            said.apply(&batch.changes);
            *since_complete = 0;
            Ok(Saved { entries: ids.len(), others_wrote })
        })
    }

    /// Gives a message other content, or leaves it out; it stays in the log as it was.
    ///
    /// # Errors
    /// See [`SaveError`]; the session is as it was then.
    pub fn edit(&mut self, at: usize, content: Option<&[u8]>) -> Result<Saved, SaveError> {
        let of = self.held.path.len();
        let id = self.held.path.get(at).ok_or(SaveError::NoMessage { at, of })?.clone();
        if id.is_empty() {
            return Err(SaveError::NoId { at });
        }
        self.edit_entry(&id, content)
    }

    /// The same of the message of an entry.
    ///
    /// # Errors
    /// As [`OpenSession::edit`]; [`SaveError::NotOnPath`] for an entry of another branch.
    pub fn edit_entry(&mut self, id: &str, content: Option<&[u8]>) -> Result<Saved, SaveError> {
        let Self { writer, log, beside, held, since_complete, .. } = self;
        writer.in_turn(|turn| {
            let others_wrote = Self::take_in(held, log, turn)?;
            let at = held.path.iter().position(|there| there == id);
            let at = at.ok_or_else(|| SaveError::NotOnPath(id.to_string()))?;
            let entry = beside.edit(id, content)?;
            let edit = turn.append(&entry, Parent::Leaf)?;
            held.edits.put(id, &edit, content);
            if content.is_none() {
                held.path.remove(at);
                // What a rewind cut off is counted from here.
                held.rewound = held.rewound.take().map(|rewound| Rewound { before: None, ..rewound });
            }
            held.leaf = Some(edit);
            *since_complete = since_complete.saturating_add(entry.len());
            Ok(Saved { entries: 1, others_wrote })
        })
    }
}

/// The messages on the path to a leaf that was left, and the edits that held there.
fn before(log: &std::path::Path, leaf: &str) -> Result<(Vec<String>, Edits), SaveError> {
    let session = Session::read(log).map_err(super::JcodeError::from)?;
    let ranges = session.path_ranges(Some(leaf), None).map_err(super::JcodeError::from)?;
    let state = State::read(&session.bytes(), ranges.into_iter()).map_err(read::of(log))?;
    Ok((state.messages.into_iter().map(|message| message.entry_id).collect(), state.edits))
}
