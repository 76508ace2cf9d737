//! The structural walk: finds where one JSON object ends and shows its depth-1 fields.
//!
//! Owns: the strict RFC 8259 grammar, walked iteratively with one bit a level, so that depth is bounded by memory alone.
//! Invariant: `walk_object` accepts exactly the valid objects, except that bytes of 0x80 and above inside strings
//! are passed through unjudged; a rejection names the byte at which the text stops being a prefix of an object.
//! Does not: decode anything. Keys and values are handed out as raw tokens.
//! The steps of the grammar are [`super::cursor`]'s.

use super::{Cursor, Fault};
use alloc::vec::Vec;

/// The elements of an array token, up to the first that is broken; none of what is no array.
#[must_use]
pub(crate) fn elements(array: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let mut walker = Walker::new();
    let mut cursor = Cursor::new(array, 0);
    let mut more = cursor.opens(b'[', b']').unwrap_or(false);
    while more {
        let from = cursor.at;
        if walker.walk_value(&mut cursor).is_err() {
            break;
        }
        found.push(cursor.since(from));
        more = cursor.goes_on(b']').unwrap_or(false);
    }
    found
}

/// What a complete walk found out about the object as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walked {
    /// Position just behind the closing brace.
    pub end: usize,
    /// A `\uD800`–`\uDFFF` escape without its partner stands in some string.
    pub lone_surrogate: bool,
}

/// The walker: reusable scratch space for the nesting of the value that is being walked.
#[derive(Debug, Default)]
pub struct Walker {
    nesting: Nesting,
}

impl Walker {
    /// A walker with empty scratch space.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Walks the object that begins at `bytes[start]` and calls `field(key, value)` with the raw tokens of every
    /// depth-1 field: the key without its quotes, the value as it stands.
    ///
    /// # Errors
    /// [`Fault::Ended`] if the bytes end first, [`Fault::Invalid`] at the first byte that breaks the grammar.
    pub fn walk_object<'a>(
        &mut self,
        bytes: &'a [u8],
        start: usize,
        mut field: impl FnMut(&'a [u8], &'a [u8]),
    ) -> Result<Walked, Fault> {
        let mut cursor = Cursor::new(bytes, start);
        cursor.expect(b'{')?;
        cursor.skip_space();
        if cursor.peek()? == b'}' {
            return Ok(Walked { end: cursor.at + 1, lone_surrogate: false });
        }
        loop {
            let key = cursor.key()?;
            let value_start = cursor.at;
            self.walk_value(&mut cursor)?;
            field(key, bytes.get(value_start..cursor.at).unwrap_or_default());
            cursor.skip_space();
            match cursor.peek()? {
                b',' => {
                    cursor.at += 1;
                    cursor.skip_space();
                }
                b'}' => break,
                _ => return Err(Fault::Invalid(cursor.at)),
            }
        }
        Ok(Walked { end: cursor.at + 1, lone_surrogate: cursor.lone_surrogate })
    }

    /// Walks any value that begins at `bytes[start]`; the position behind it.
    ///
    /// # Errors
    /// As [`Walker::walk_object`].
    pub fn skip_value(&mut self, bytes: &[u8], start: usize) -> Result<usize, Fault> {
        let mut cursor = Cursor::new(bytes, start);
        self.walk_value(&mut cursor)?;
        Ok(cursor.at)
    }

    /// Levels of arrays and objects in the value that was walked last.
    pub(crate) const fn deepest(&self) -> usize {
        self.nesting.deepest
    }

    /// Walks one value of any depth. On entry the cursor stands on its first byte, on return just behind it.
    pub(crate) fn walk_value(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        self.nesting.clear();
        loop {
            // A value begins here.
            match cursor.peek()? {
                b'"' => cursor.string()?,
                b'{' => {
                    cursor.at += 1;
                    cursor.skip_space();
                    if cursor.peek()? != b'}' {
                        self.nesting.push(Container::Object);
                        cursor.key()?;
                        continue;
                    }
                    self.nesting.note_empty();
                    cursor.at += 1;
                }
                b'[' => {
                    cursor.at += 1;
                    cursor.skip_space();
                    if cursor.peek()? != b']' {
                        self.nesting.push(Container::Array);
                        continue;
                    }
                    self.nesting.note_empty();
                    cursor.at += 1;
                }
                b't' => cursor.literal(b"true")?,
                b'f' => cursor.literal(b"false")?,
                b'n' => cursor.literal(b"null")?,
                _ => cursor.number()?,
            }
            // A value ended here: close what ends with it, or go to the next one.
            loop {
                let Some(container) = self.nesting.top() else { return Ok(()) };
                cursor.skip_space();
                match (cursor.peek()?, container) {
                    (b',', Container::Object) => {
                        cursor.at += 1;
                        cursor.skip_space();
                        cursor.key()?;
                        break;
                    }
                    (b',', Container::Array) => {
                        cursor.at += 1;
                        cursor.skip_space();
                        break;
                    }
                    (b'}', Container::Object) | (b']', Container::Array) => {
                        cursor.at += 1;
                        self.nesting.pop();
                    }
                    _ => return Err(Fault::Invalid(cursor.at)),
                }
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Object,
    Array,
}

/// A stack of one bit a level: the top 64 levels in a register, the rest in words below.
#[derive(Debug, Default)]
struct Nesting {
    full: Vec<u64>,
    word: u64,
    /// Levels held in `word`, 0 to 64.
    used: u32,
    deepest: usize,
}

impl Nesting {
    fn clear(&mut self) {
        self.full.clear();
        self.used = 0;
        self.deepest = 0;
    }

    fn push(&mut self, container: Container) {
        if self.used == 64 {
            self.full.push(self.word);
            self.used = 0;
        }
        self.word = (self.word << 1) | u64::from(container == Container::Array);
        self.used += 1;
        self.deepest = self.deepest.max(self.levels());
    }

    /// Counts a container that closes at once and is never pushed.
    fn note_empty(&mut self) {
        self.deepest = self.deepest.max(self.levels() + 1);
    }

    fn levels(&self) -> usize {
        self.full.len() * 64 + self.used as usize
    }

    fn top(&mut self) -> Option<Container> {
        if self.used == 0 {
            self.word = self.full.pop()?;
            self.used = 64;
        }
        Some(if self.word & 1 == 1 { Container::Array } else { Container::Object })
    }

    fn pop(&mut self) {
        self.word >>= 1;
        self.used = self.used.saturating_sub(1);
    }
}
