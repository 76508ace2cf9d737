//! The structural walk: finds where one JSON object ends and shows its depth-1 fields.
//!
//! Owns: the strict RFC 8259 grammar, walked iteratively with one bit a level, so that depth is bounded by memory alone.
//! Invariant: `walk_object` accepts exactly the valid objects, except that bytes of 0x80 and above inside strings
//! are passed through unjudged; a rejection names the byte at which the text stops being a prefix of an object.
//! Does not: decode anything. Keys and values are handed out as raw tokens.
//! `Cursor` is the same grammar step by step, for readers that know the shape of what they read.
//!
//! Speed comes from strings: they are most of a session log, and are skipped from one special byte to the next
//! (see [`super::specials`]).

use super::specials::Specials;
use alloc::vec::Vec;

/// Why a walk stopped before the object was complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The bytes ended inside the object: a torn record looks like this.
    Ended,
    /// The byte at this position cannot stand there.
    Invalid(usize),
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

/// A place in a text, and the steps of the grammar from there: what readers that know the shape of a value take
/// instead of [`Walker::walk_object`]. Every step leaves the cursor behind what it read.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
    specials: Specials<'a>,
    /// Set by a string with half a surrogate pair; never cleared here.
    pub(crate) lone_surrogate: bool,
    /// Set by a number that no 64-bit float can hold; never cleared here.
    pub(crate) infinite: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at, specials: Specials::new(bytes), lone_surrogate: false, infinite: false }
    }

    /// The bytes from `start` to here.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// What stands between two values of a container, and the space around it: true for a comma, false for `close`.
    #[inline]
    pub(crate) fn goes_on(&mut self, close: u8) -> Result<bool, Fault> {
        self.skip_space();
        match self.peek()? {
            b',' => {
                self.at += 1;
                self.skip_space();
                Ok(true)
            }
            byte if byte == close => {
                self.at += 1;
                Ok(false)
            }
            _ => Err(Fault::Invalid(self.at)),
        }
    }

    /// The start of a container: true if something stands in it, false if it is closed at once.
    #[inline]
    pub(crate) fn opens(&mut self, open: u8, close: u8) -> Result<bool, Fault> {
        self.expect(open)?;
        self.skip_space();
        if self.peek()? == close {
            self.at += 1;
            return Ok(false);
        }
        Ok(true)
    }

    #[inline]
    pub(crate) fn peek(&self) -> Result<u8, Fault> {
        self.bytes.get(self.at).copied().ok_or(Fault::Ended)
    }

    #[inline]
    pub(crate) fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.peek()? != byte {
            return Err(Fault::Invalid(self.at));
        }
        self.at += 1;
        Ok(())
    }

    #[inline]
    pub(crate) fn skip_space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// A key and its colon, up to the first byte of the value; the key without its quotes.
    #[inline]
    pub(crate) fn key(&mut self) -> Result<&'a [u8], Fault> {
        if self.peek()? != b'"' {
            return Err(Fault::Invalid(self.at));
        }
        let start = self.at + 1;
        self.string()?;
        let key = self.bytes.get(start..self.at - 1).unwrap_or_default();
        self.skip_space();
        self.expect(b':')?;
        self.skip_space();
        Ok(key)
    }

    /// A string, from its opening quote to just behind its closing one.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            self.at = self.specials.next(self.at).ok_or(Fault::Ended)?;
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                _ => return Err(Fault::Invalid(self.at)),
            }
        }
    }

    /// One escape, from its backslash to just behind it; a surrogate pair counts as one.
    #[inline]
    fn escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        match self.peek()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {
                self.at += 1;
                Ok(())
            }
            b'u' => self.unicode_escape(),
            _ => Err(Fault::Invalid(self.at)),
        }
    }

    #[cold]
    fn unicode_escape(&mut self) -> Result<(), Fault> {
        self.at += 1;
        let unit = self.hex4()?;
        match unit {
            0xD800..=0xDBFF => {
                let before = self.at;
                if self.bytes.get(self.at..self.at + 2) == Some(b"\\u") {
                    self.at += 2;
                    if matches!(self.hex4()?, 0xDC00..=0xDFFF) {
                        return Ok(());
                    }
                }
                // Not its partner: leave it to be walked as an escape of its own.
                self.at = before;
                self.lone_surrogate = true;
            }
            0xDC00..=0xDFFF => self.lone_surrogate = true,
            _ => {}
        }
        Ok(())
    }

    fn hex4(&mut self) -> Result<u16, Fault> {
        let mut unit = 0u16;
        for _ in 0..4 {
            let byte = self.peek()?;
            let Some(digit) = (byte as char).to_digit(16) else { return Err(Fault::Invalid(self.at)) };
            unit = (unit << 4) | u16::try_from(digit).unwrap_or_default();
            self.at += 1;
        }
        Ok(unit)
    }

    #[inline]
    pub(crate) fn literal(&mut self, word: &[u8]) -> Result<(), Fault> {
        for &byte in word {
            self.expect(byte)?;
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn number(&mut self) -> Result<(), Fault> {
        let start = self.at;
        if self.peek()? == b'-' {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            b'1'..=b'9' => self.digits(),
            _ => return Err(Fault::Invalid(self.at)),
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.some_digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek()?, b'+' | b'-') {
                self.at += 1;
            }
            self.some_digits()?;
            self.judge_size(start);
        } else if self.at - start > 300 {
            self.judge_size(start);
        }
        Ok(())
    }

    #[cold]
    fn judge_size(&mut self, start: usize) {
        let value = core::str::from_utf8(self.since(start)).ok().and_then(|token| token.parse::<f64>().ok());
        self.infinite |= !value.is_some_and(f64::is_finite);
    }

    fn some_digits(&mut self) -> Result<(), Fault> {
        if !self.peek()?.is_ascii_digit() {
            return Err(Fault::Invalid(self.at));
        }
        self.digits();
        Ok(())
    }

    fn digits(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b'0'..=b'9')) {
            self.at += 1;
        }
    }
}
