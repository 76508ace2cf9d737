//! A strict JSON validator (RFC 8259) over bytes. Owns whether an object starts at a position, where it ends, and which
//! members it has itself. Invalid UTF-8 and lone surrogates inside strings are tolerated and reported. Any nesting
//! depth is allowed.

use crate::oracle::text::{Text, decode};

/// A complete object, and the members at its own level.
#[derive(Debug)]
pub struct Object {
    /// Position after the closing brace.
    pub end: usize,
    /// The members in the order of the text, repeats included.
    pub members: Vec<Member>,
    /// Some string of the object, at any depth, is not UTF-8.
    pub invalid_utf8: bool,
    /// Some string of the object, at any depth, holds a lone surrogate.
    pub lone_surrogate: bool,
}

/// One `"key": value` at the object's own level.
#[derive(Debug)]
pub struct Member {
    pub key: Text,
    pub value: Value,
}

/// A member's value, as far as the oracle needs it.
#[derive(Debug)]
pub enum Value {
    Null,
    String(Text),
    /// The token as it stands.
    Number(String),
    /// `true`, `false`, an array or an object.
    Other,
}

/// JSON whitespace within a line.
pub fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// The object that starts exactly at `start`, if it is complete.
pub fn object_at(bytes: &[u8], start: usize) -> Option<Object> {
    let mut parser = Parser { bytes, at: start, invalid_utf8: false, lone_surrogate: false };
    let members = parser.object()?;
    Some(Object { end: parser.at, members, invalid_utf8: parser.invalid_utf8, lone_surrogate: parser.lone_surrogate })
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    invalid_utf8: bool,
    lone_surrogate: bool,
}

impl Parser<'_> {
    fn object(&mut self) -> Option<Vec<Member>> {
        let mut members = Vec::new();
        self.expect(b'{')?;
        self.skip_blanks();
        if self.take(b'}') {
            return Some(members);
        }
        loop {
            let key = self.key()?;
            self.skip_blanks();
            let start = self.at;
            self.value()?;
            let value = self.member_value(start)?;
            members.push(Member { key, value });
            self.skip_blanks();
            if self.take(b'}') {
                return Some(members);
            }
            self.expect(b',')?;
        }
    }

    /// Classifies the validated value between `start` and the present position.
    fn member_value(&self, start: usize) -> Option<Value> {
        let token = &self.bytes[start..self.at];
        Some(match token[0] {
            b'"' => Value::String(decode(&token[1..token.len() - 1])?),
            b'n' => Value::Null,
            b'-' | b'0'..=b'9' => Value::Number(String::from_utf8_lossy(token).into_owned()),
            _ => Value::Other,
        })
    }

    /// Moves past one value. Open containers are kept on a stack of our own (by their closing byte), because the log
    /// decides how deep they nest, and the thread's stack is finite.
    fn value(&mut self) -> Option<()> {
        let mut open = Vec::new();
        loop {
            self.skip_blanks();
            let entered = match self.peek()? {
                b'{' => self.enter(b'}', &mut open)?,
                b'[' => self.enter(b']', &mut open)?,
                b'"' => self.string().map(|_| false)?,
                b't' => self.literal(b"true").map(|()| false)?,
                b'f' => self.literal(b"false").map(|()| false)?,
                b'n' => self.literal(b"null").map(|()| false)?,
                _ => self.number().map(|()| false)?,
            };
            if !entered && self.after_value(&mut open)? {
                return Some(());
            }
        }
    }

    /// Enters a container, up to the start of its first value. Returns `false` if the container is empty and already
    /// passed.
    fn enter(&mut self, closer: u8, open: &mut Vec<u8>) -> Option<bool> {
        self.at += 1;
        self.skip_blanks();
        if self.take(closer) {
            return Some(false);
        }
        if closer == b'}' {
            self.key()?;
        }
        open.push(closer);
        Some(true)
    }

    /// Leaves the containers that end here, up to the start of the next value. Returns `true` if the outermost value
    /// has ended.
    fn after_value(&mut self, open: &mut Vec<u8>) -> Option<bool> {
        while let Some(&closer) = open.last() {
            self.skip_blanks();
            if !self.take(closer) {
                self.expect(b',')?;
                if closer == b'}' {
                    self.key()?;
                }
                return Some(false);
            }
            open.pop();
        }
        Some(true)
    }

    fn key(&mut self) -> Option<Text> {
        self.skip_blanks();
        let key = self.string()?;
        self.skip_blanks();
        self.expect(b':')?;
        Some(key)
    }

    fn string(&mut self) -> Option<Text> {
        self.expect(b'"')?;
        let start = self.at;
        while self.peek()? != b'"' {
            self.at += if self.peek()? == b'\\' { 2 } else { 1 };
        }
        let text = decode(&self.bytes[start..self.at])?;
        self.at += 1;
        self.invalid_utf8 |= text.invalid_utf8;
        self.lone_surrogate |= text.lone_surrogate;
        Some(text)
    }

    fn number(&mut self) -> Option<()> {
        self.take(b'-');
        if !self.take(b'0') {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'+') {
                self.take(b'-');
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn literal(&mut self, word: &[u8]) -> Option<()> {
        self.bytes[self.at..].starts_with(word).then(|| self.at += word.len())
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(is_blank) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.take(byte).then_some(())
    }
}
