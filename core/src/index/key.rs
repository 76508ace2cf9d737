//! The key of an entry: the log's id or, where that is missing or taken, one made from the entry's offset.
//!
//! Owns: the rule: `<id>`, `<id>#<offset>`, `@<offset>`, and `#<offset>` behind a made key that is itself taken.
//! Invariant: the keys of one log differ, and a key follows from the bytes up to its entry.
//! If you change this, then change `SCHEMA_VERSION`, section 4 of `docs/format.md` and the oracle in `tests`.

use alloc::format;
use alloc::string::String;

/// What a log's bytes say about an entry that its key is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySource<'a> {
    /// The log's id, if it is usable.
    pub id: Option<&'a str>,
    /// Offset of the entry's line.
    pub offset: u64,
}

impl KeySource<'_> {
    /// The first made key that is not taken.
    ///
    /// # Errors
    /// What `is_taken` says.
    pub fn make<E>(self, mut is_taken: impl FnMut(&str) -> Result<bool, E>) -> Result<String, E> {
        let Self { id, offset } = self;
        let mut key = id.map_or_else(|| format!("@{offset}"), |id| format!("{id}#{offset}"));
        while is_taken(&key)? {
            key = format!("{key}#{offset}");
        }
        Ok(key)
    }

    /// True if `key` is one that [`KeySource::make`] can give.
    #[must_use]
    pub fn is_made(self, key: &str) -> bool {
        let again = format!("#{}", self.offset);
        let behind = match self.id {
            Some(id) => key.strip_prefix(id).filter(|behind| !behind.is_empty()),
            None => key.strip_prefix('@').and_then(|key| key.strip_prefix(&*format!("{}", self.offset))),
        };
        behind.is_some_and(|behind| behind.trim_start_matches(&*again).is_empty())
    }

    /// True if `key` is one that this entry can have.
    #[must_use]
    pub fn fits(self, key: &str) -> bool {
        self.id == Some(key) || self.is_made(key)
    }
}

/// True if a key may have been made from an offset, whichever that was.
#[must_use]
pub fn may_be_made(key: &str) -> bool {
    memchr::memchr2(b'#', b'@', key.as_bytes()).is_some()
}

/// True if the key of the entry at `offset` looks made from that. An id can look so, too: where one does, keys alone
/// do not tell which entry a parent means.
#[must_use]
pub fn looks_made(key: &str, offset: u64) -> bool {
    may_be_made(key) && key.strip_suffix(&*format!("{offset}")).is_some_and(|before| before.ends_with(['#', '@']))
}
