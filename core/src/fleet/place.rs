//! What rows of several tables share.
//!
//! Owns: the place of an entry, days, and how much of a text stands in a table.
//! Invariant: a day is that of UTC. A text is redacted before it is cut: what is left of a secret is none that anybody
//! would find.

use super::said;
use crate::index::row::Seq;
use alloc::string::String;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Bytes of a text that is capped.
const CAP: usize = 32 << 10;

/// Which texts stand in the tables; their lengths always do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Texts {
    /// None.
    None,
    /// The first 32 KiB of each.
    #[default]
    Capped,
    /// Whole ones.
    Full,
}

impl Texts {
    /// What stands in the table of a text that `words` would let through.
    pub(super) fn of(self, text: String, words: impl FnOnce(String) -> String) -> Option<String> {
        match self {
            Self::None => None,
            Self::Capped => Some(said::cut(words(text), CAP)),
            Self::Full => Some(words(text)),
        }
    }
}

/// What becomes of words on their way into a table.
pub trait Words {
    /// A text: what was said, a title, a path.
    fn text(&mut self, text: String) -> String;
    /// The arguments of a call, JSON or a text.
    fn args(&mut self, args: String) -> String;
}

/// Words as they stand in the log.
#[derive(Debug, Clone, Copy, Default)]
pub struct AsTheyAre;

impl Words for AsTheyAre {
    fn text(&mut self, text: String) -> String {
        text
    }

    fn args(&mut self, args: String) -> String {
        args
    }
}

/// The place of an entry, as rows have it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) seq: Seq,
    pub(super) ts: Option<i64>,
    pub(super) copied: bool,
}

impl Place {
    pub(super) fn day(&self) -> Option<i32> {
        self.ts.map(day_of)
    }
}

/// The day of a time, as days since 1970 in UTC.
#[must_use]
pub fn day_of(ms: i64) -> i32 {
    i32::try_from(ms.div_euclid(DAY_MS)).unwrap_or_default()
}
