//! JSON as the engine needs it: one strict, non-recursive walk over bytes, and decoding of single tokens.
//!
//! Owns: RFC 8259 syntax (`walk`, by the steps of `cursor`) and the meaning of string and number tokens (`text`).
//! Invariant: no function here panics, recurses or allocates in proportion to a payload.
//! Does not: build values, or judge UTF-8 and surrogates inside payloads (the walk only tells that they are there).

mod cursor;
mod specials;
pub mod text;
pub mod walk;

pub(crate) use cursor::Cursor;

/// Why a walk stopped before the object was complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The bytes ended inside the object: a torn record looks like this.
    Ended,
    /// The byte at this position cannot stand there.
    Invalid(usize),
}

/// White space between JSON tokens.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
