//! Ids for entries that have none.
//!
//! Owns: the form of generated ids: 16 hex digits, the first 8 the entry's position, the last 8 a digest of session
//! id and position. They sort in log order, and are the same wherever the same log is migrated.
//! Invariant: no generated id equals one that the log holds already.
//! Does not: make ids for appended entries; those are UUIDv7, made by the host that has a clock.

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
    /// A maker for the session with this id, avoiding `taken`.
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

    /// Marks an id as used by the log itself.
    pub fn take(&mut self, id: String) {
        self.taken.insert(id);
    }
}
