//! What is held of an open session of jcode: ids, fields and edits, no messages.
//!
//! Owns: how it is read from a log. Invariant: it is of the log up to the entry `leaf`.
//! Does not: change; who appends changes it.

use super::error::JcodeError;
use super::read;
use crate::os::log_file::LogFile;
use jcode_session_core::dialect::Edits;
use jcode_session_core::dialect::jcode::{Fields, State, StateError, Stored, came_back_from};
use jcode_session_core::log::tail::last_of_active_path;
use jcode_session_core::source::ByteSource;
use std::path::Path;

/// Entries that may follow a rewind, none of them a message, before it is forgotten.
const LOOKED_BACK: usize = 64;

/// What is held of a session.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The fields as the log has them.
    pub(super) fields: Fields,
    /// The entries of the messages on the active path.
    pub(super) path: Vec<String>,
    /// Those of the environment snapshots.
    pub(super) env: Vec<String>,
    /// The edits that hold on the path.
    pub(super) edits: Edits,
    /// The last rewind, while it can be taken back.
    pub(super) rewound: Option<Rewound>,
    /// The last entry of the log.
    pub(super) leaf: Option<String>,
}

/// A rewind that can be taken back.
#[derive(Debug)]
pub(super) struct Rewound {
    /// The leaf that was left.
    pub(super) from: String,
    /// The messages that went with it, and the edits that held there; read from the log if they are not known.
    pub(super) before: Option<(Vec<String>, Edits)>,
}

impl Held {
    /// Of a state that was read from a log.
    pub(super) fn of(state: &State, log: &Path, leaf: Option<String>) -> Result<Self, JcodeError> {
        let ids = |stored: &[Stored]| stored.iter().map(|stored| stored.entry_id.clone()).collect();
        let from = last_rewind(&LogFile::open(log)?).map_err(read::of(log))?;
        Ok(Self {
            fields: state.fields.clone(),
            path: ids(&state.messages),
            env: ids(&state.env_snapshots),
            edits: state.edits.clone(),
            rewound: from.map(|from| Rewound { from, before: None }),
            leaf,
        })
    }
}

/// The leaf that the last rewind left, if no message followed it.
fn last_rewind(log: &LogFile) -> Result<Option<String>, StateError> {
    let spans = last_of_active_path(log, 0, LOOKED_BACK)?.unwrap_or_default();
    for span in spans.into_iter().rev() {
        let line = log.read_vec(span.offset, usize::try_from(span.len).unwrap_or_default())?;
        if let Some(found) = came_back_from(&line) {
            return Ok(found);
        }
    }
    Ok(None)
}
