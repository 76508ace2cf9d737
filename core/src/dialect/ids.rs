//! Ids for entries of older dialects that have none.
//!
//! If you change their form, then change section 3.3 of `docs/format.md` too.
//!
//! Owns: the form of generated ids: 16 hex digits, the first 8 from the entry's position, the last 8 from a digest of
//! session id, position and attempt. They sort in log order, and a log gets the same ids on every machine.
//! Invariant: no generated id is in the log already.
//! Does not: make ids for appended entries, which are UUIDv7 from the host.

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;

/// Makes ids for one session.
#[derive(Debug)]
pub struct IdMaker {
    session: blake3::Hash,
    taken: BTreeSet<String>,
}

impl IdMaker {
    /// A maker for the session with this id; it avoids the ids in `taken`.
    #[must_use]
    pub fn new(session_id: &str, taken: BTreeSet<String>) -> Self {
        Self { session: blake3::hash(session_id.as_bytes()), taken }
    }

    /// The id for the entry at `position`, counted from 0.
    #[must_use]
    pub fn id(&self, position: u64) -> String {
        let mut attempt = 0u64;
        loop {
            let mut hasher = blake3::Hasher::new();
            hasher.update(self.session.as_bytes());
            hasher.update(&position.to_le_bytes());
            hasher.update(&attempt.to_le_bytes());
            let digest = u32::from_le_bytes(*hasher.finalize().as_bytes().first_chunk().unwrap_or(&[0; 4]));
            let id = format!("{:08x}{digest:08x}", position & 0xFFFF_FFFF);
            if !self.taken.contains(&id) {
                return id;
            }
            attempt += 1;
        }
    }

    /// Marks an id as taken.
    pub fn take(&mut self, id: String) {
        self.taken.insert(id);
    }
}
