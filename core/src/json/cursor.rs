//! A position in a JSON text, and the steps of the grammar from there.
//!
//! Owns: RFC 8259 strings, numbers, literals and white space, and the separators between values.
//! Invariant: a step leaves the cursor behind the bytes it read, or names the invalid byte.
//! Does not: nest; see [`super::walk`], or readers that know the shape of their value.
//!
//! Most bytes of a session log are in strings, so strings are skipped from one special byte to the next (see
//! [`super::specials`]).

use super::Fault;
use super::specials::Specials;

/// A position in a text, for readers that know the shape of a value; others use
/// [`Walker::walk_object`](super::walk::Walker::walk_object).
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
    specials: Specials<'a>,
    /// Set by a string with half a surrogate pair; never cleared.
    pub(crate) lone_surrogate: bool,
    /// Set by a number beyond the range of a 64-bit float; never cleared.
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

    /// Reads the separator behind a value, with the space around it: true for a comma, false for `close`.
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

    /// Reads the start of a container: true if it has content, false if it closes at once.
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

    /// Reads a key and its colon, up to the first byte of the value; returns the key without its quotes.
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

    /// Reads a string, from its opening quote to just behind its closing one.
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

    /// Reads one escape, from its backslash to just behind it; a surrogate pair counts as one.
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
                // Not a low surrogate: read it as an escape of its own.
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
