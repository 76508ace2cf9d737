//! The structural walk: finds the end of one JSON object and its depth-1 fields.
//!
//! Owns: the strict RFC 8259 grammar, walked iteratively with one bit per level, so only memory limits the depth. The
//! steps of the grammar are in [`super::cursor`].
//! Invariant: `walk_object` accepts exactly the valid objects, except that it does not check bytes of 0x80 and above
//! inside strings. A rejection names the first byte at which the text is no longer a prefix of an object. Keys and
//! values are raw tokens; nothing is decoded.

use super::{Cursor, Fault};
use alloc::vec::Vec;

/// The elements of an array token, up to the first invalid one; empty if the token is not an array.
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

/// Result of a complete walk over an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walked {
    /// Position just behind the closing brace.
    pub end: usize,
    /// A string holds a `\uD800`–`\uDFFF` escape without its partner.
    pub lone_surrogate: bool,
}

/// The walker, with reusable scratch space for nesting.
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

    /// Walks the object that begins at `bytes[start]` and calls `field(key, value)` for each depth-1 field, with raw
    /// tokens: the key without its quotes, the value unchanged.
    ///
    /// # Errors
    /// [`Fault::Ended`] if the bytes end first; [`Fault::Invalid`] with the position of the first invalid byte.
    pub fn walk_object<'a>(
        &mut self,
        bytes: &'a [u8],
        start: usize,
        mut field: impl FnMut(&'a [u8], &'a [u8]),
    ) -> Result<Walked, Fault> {
        let mut cursor = Cursor::new(bytes, start);
        walk_fields(&mut cursor, |cursor, key| {
            let from = cursor.at;
            self.walk_value(cursor)?;
            field(key, cursor.since(from));
            Ok(())
        })?;
        Ok(Walked { end: cursor.at, lone_surrogate: cursor.lone_surrogate })
    }

    /// Walks an object as [`Walker::walk_object`] does. Of the object behind the key `outer`, it tells the fields too:
    /// `inner` is called when it begins and for each of its fields, before `field` is for itself.
    ///
    /// # Errors
    /// Same errors as [`Walker::walk_object`].
    pub(crate) fn walk_object_within<'a>(
        &mut self,
        (bytes, start): (&'a [u8], usize),
        outer: &[u8],
        mut field: impl FnMut(&'a [u8], &'a [u8]),
        mut inner: impl FnMut(Inner<'a>),
    ) -> Result<Walked, Fault> {
        let mut cursor = Cursor::new(bytes, start);
        walk_fields(&mut cursor, |cursor, key| {
            let from = cursor.at;
            if key == outer && cursor.peek()? == b'{' {
                inner(Inner::Begins { at: from });
                walk_fields(cursor, |cursor, key| {
                    let from = cursor.at;
                    self.walk_value(cursor)?;
                    inner(Inner::Field(key, cursor.since(from)));
                    Ok(())
                })?;
            } else {
                self.walk_value(cursor)?;
            }
            field(key, cursor.since(from));
            Ok(())
        })?;
        Ok(Walked { end: cursor.at, lone_surrogate: cursor.lone_surrogate })
    }

    /// Walks the value that begins at `bytes[start]` and returns the position behind it.
    ///
    /// # Errors
    /// Same errors as [`Walker::walk_object`].
    pub fn skip_value(&mut self, bytes: &[u8], start: usize) -> Result<usize, Fault> {
        let mut cursor = Cursor::new(bytes, start);
        self.walk_value(&mut cursor)?;
        Ok(cursor.at)
    }

    /// Levels of arrays and objects in the last walked value.
    pub(crate) const fn deepest(&self) -> usize {
        self.nesting.deepest
    }

    /// Walks one value of any depth. The cursor stands on its first byte at entry and just behind it on return.
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
            // A value ended here: close the containers that end with it, or go to the next value.
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

/// What [`Walker::walk_object_within`] tells of an inner object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inner<'a> {
    /// It begins at this position.
    Begins {
        /// Position of its brace.
        at: usize,
    },
    /// A field of it: key and value as raw tokens.
    Field(&'a [u8], &'a [u8]),
}

/// Walks the object at the cursor; `value` is called behind each key and walks the value there.
#[inline]
fn walk_fields<'a>(
    cursor: &mut Cursor<'a>,
    mut value: impl FnMut(&mut Cursor<'a>, &'a [u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut more = cursor.opens(b'{', b'}')?;
    while more {
        let key = cursor.key()?;
        value(cursor, key)?;
        more = cursor.goes_on(b'}')?;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    Object,
    Array,
}

/// A stack with one bit per level: the top 64 levels in one word, the rest in `full`.
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

    /// Counts an empty container, which is never pushed.
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
