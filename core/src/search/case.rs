//! Whether letters match in the other case, too.
//!
//! Owns: smart case. Does not: fold letters; see [`super::literal`].

/// Whether letters match in the other case, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Case {
    /// A word or pattern without capital letters matches in any case.
    #[default]
    Smart,
    /// Only as they are written.
    Sensitive,
    /// In any case.
    Insensitive,
}

impl Case {
    pub(super) fn is_sensitive(self, has_capitals: impl FnOnce() -> bool) -> bool {
        match self {
            Self::Smart => has_capitals(),
            Self::Sensitive => true,
            Self::Insensitive => false,
        }
    }
}
