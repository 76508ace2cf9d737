//! Ids of what comes from another agent.
//!
//! Owns: which of its session ids can be ours, and ids for entries whose own cannot be used.
//! Invariant: a made id follows from session id and place in the source, so that it stays when the source grows.

use crate::dialect::ids::IdMaker;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use foldhash::fast::FixedState;
use hashbrown::HashSet;

/// A session id that may be a file's name; another text becomes a digest of itself. An empty one is none: the session
/// has the name of its file.
#[must_use]
pub(crate) fn session_id(theirs: &str) -> String {
    if theirs.is_empty() {
        return String::new();
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if theirs.len() <= 128 && !theirs.starts_with('.') && theirs.bytes().all(allowed) {
        return theirs.to_string();
    }
    blake3::hash(theirs.as_bytes()).to_hex().chars().take(16).collect()
}

/// The ids of a log's entries.
#[derive(Debug)]
pub(in crate::dialect) struct EntryIds {
    maker: IdMaker,
    used: HashSet<String, FixedState>,
}

impl EntryIds {
    /// For the session with this id, whose source uses the ids `own`: none of those is made.
    #[must_use]
    pub(in crate::dialect) fn new<'o>(session_id: &str, own: impl Iterator<Item = &'o str>) -> Self {
        let like_made = |id: &&str| id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let taken: BTreeSet<String> = own.filter(like_made).map(ToString::to_string).collect();
        Self { maker: IdMaker::new(session_id, taken), used: HashSet::default() }
    }

    /// The source's own id, if it is the first to use it, else one made from the place of its record.
    pub(in crate::dialect) fn own_or_made(&mut self, own: Option<&str>, offset: u64) -> String {
        match own.filter(|id| !id.is_empty() && !self.used.contains(*id)) {
            Some(id) => {
                self.used.insert(id.to_string());
                id.to_string()
            }
            None => self.made(offset),
        }
    }

    /// An id made from the place of a record; the second one of the same record is another.
    pub(in crate::dialect) fn made(&mut self, offset: u64) -> String {
        let mut position = offset;
        loop {
            let id = self.maker.id(position);
            if self.used.insert(id.clone()) {
                return id;
            }
            position += 1;
        }
    }
}
