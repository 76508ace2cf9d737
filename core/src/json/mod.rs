//! JSON as the engine needs it: strict walks over bytes, and decoding of single tokens.
//!
//! Owns: RFC 8259 syntax (`walk`, with the steps of `cursor`; `tape` for readers that look at many members) and the
//! meaning of string and number tokens (`text`).
//! Invariant: no function here panics, none recurses deeper than a few levels, whatever the text, and a walk allocates
//! nothing in proportion to a payload. A walk accepts bad UTF-8 and lone surrogates inside strings.

mod cursor;
mod specials;
pub mod strings;
pub(crate) mod tape;
pub mod text;
pub mod walk;

pub(crate) use cursor::Cursor;

/// Why a walk stopped before the object was complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The bytes ended inside the object, as in a torn record.
    Ended,
    /// The byte at this position is invalid there.
    Invalid(usize),
}

/// White space between JSON tokens.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}
