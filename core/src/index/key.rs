//! The key of an entry: its id in the log, or, if that is missing or taken, a key made from the entry's offset.
//!
//! If you change the rule, then change `SCHEMA_VERSION`, section 3.4 of `docs/format.md` and the oracle in `tests` too.
//!
//! Owns: the rule: `<id>`, `<id>#<offset>`, `@<offset>`, and `#<offset>` added while a made key is itself taken.
//! Invariant: all keys of one log differ, and a key depends only on the bytes up to the end of its entry.

use alloc::format;
use alloc::string::String;

/// The facts from which an entry's key is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeySource<'a> {
    /// The id in the log, if it can be used.
    pub id: Option<&'a str>,
    /// Offset of the entry's record.
    pub offset: u64,
}

impl KeySource<'_> {
    /// The first made key that is not taken.
    ///
    /// # Errors
    /// Any error of `is_taken`.
    pub fn make<E>(self, mut is_taken: impl FnMut(&str) -> Result<bool, E>) -> Result<String, E> {
        let Self { id, offset } = self;
        let mut key = id.map_or_else(|| format!("@{offset}"), |id| format!("{id}#{offset}"));
        while is_taken(&key)? {
            key = format!("{key}#{offset}");
        }
        Ok(key)
    }

    /// True if [`KeySource::make`] can return `key`.
    #[must_use]
    pub fn is_made(self, key: &str) -> bool {
        let again = format!("#{}", self.offset);
        let behind = match self.id {
            Some(id) => key.strip_prefix(id).filter(|behind| !behind.is_empty()),
            None => key.strip_prefix('@').and_then(|key| key.strip_prefix(&*format!("{}", self.offset))),
        };
        behind.is_some_and(|behind| behind.trim_start_matches(&*again).is_empty())
    }

    /// True if this entry can have `key`.
    #[must_use]
    pub fn fits(self, key: &str) -> bool {
        self.id == Some(key) || self.is_made(key)
    }
}

/// True if a key may have been made from some offset.
#[must_use]
pub fn may_be_made(key: &str) -> bool {
    memchr::memchr2(b'#', b'@', key.as_bytes()).is_some()
}

/// True if the key of the entry at `offset` looks as if made from that offset. An id can look so too; then keys alone
/// do not show which entry a parent means.
#[must_use]
pub fn looks_made(key: &str, offset: u64) -> bool {
    may_be_made(key) && key.strip_suffix(&*format!("{offset}")).is_some_and(|before| before.ends_with(['#', '@']))
}
