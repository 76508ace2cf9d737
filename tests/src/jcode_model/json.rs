//! A simple JSON reader that keeps what type checks need and `serde_json::Value` loses: repeated keys (jcode refuses a
//! repeated known field), and strings with a lone surrogate (jcode refuses them where it needs the text, and skips them
//! in unknown fields).

use serde_json::{Map, Number, Value};

/// jcode reads with serde_json, which refuses the 128th nested array or object.
const MAX_DEPTH: usize = 127;

#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Null,
    Bool(bool),
    /// The token as it stands in the source.
    Number(String),
    Text(String),
    /// A string with a lone surrogate, which no Rust string can hold.
    LoneSurrogate,
    Array(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Of a repeated key the last value holds. A lone surrogate becomes U+FFFD: such a value can only be in a field
    /// that jcode does not know, and these are not compared.
    pub fn to_value(&self) -> Value {
        match self {
            Node::Null => Value::Null,
            Node::Bool(b) => Value::Bool(*b),
            Node::Number(token) => Value::Number(Number::from_string_unchecked(token.clone())),
            Node::Text(text) => Value::String(text.clone()),
            Node::LoneSurrogate => Value::String("\u{fffd}".into()),
            Node::Array(items) => Value::Array(items.iter().map(Node::to_value).collect()),
            Node::Object(fields) => {
                Value::Object(fields.iter().map(|(k, v)| (k.clone(), v.to_value())).collect::<Map<_, _>>())
            }
        }
    }
}

/// Parses bytes into a `Value` that keeps the tokens of numbers. Use this for values that are compared, not
/// `serde_json`, which respells exponents even with arbitrary precision.
pub fn value_of(bytes: &[u8]) -> Option<Value> {
    parse(bytes).map(|node| node.to_value())
}

/// One JSON value, followed by nothing but whitespace.
pub fn parse(bytes: &[u8]) -> Option<Node> {
    let (node, end) = parse_prefix(bytes)?;
    bytes[end..].iter().all(|b| is_space(*b)).then_some(node)
}

/// The JSON value at the start of `bytes` (after whitespace), and its end.
pub fn parse_prefix(bytes: &[u8]) -> Option<(Node, usize)> {
    let mut reader = Reader { bytes, at: 0 };
    let node = reader.value(0)?;
    Some((node, reader.at))
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r')
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let b = self.peek()?;
        self.at += 1;
        Some(b)
    }

    fn space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn word(&mut self, word: &str, node: Node) -> Option<Node> {
        self.bytes[self.at..].starts_with(word.as_bytes()).then_some(())?;
        self.at += word.len();
        Some(node)
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        self.space();
        match self.peek()? {
            b'[' | b'{' if depth == MAX_DEPTH => None,
            b'n' => self.word("null", Node::Null),
            b't' => self.word("true", Node::Bool(true)),
            b'f' => self.word("false", Node::Bool(false)),
            b'"' => self.string(),
            b'[' => self.array(depth),
            b'{' => self.object(depth),
            _ => self.number(),
        }
    }

    fn array(&mut self, depth: usize) -> Option<Node> {
        self.at += 1;
        let mut items = Vec::new();
        self.space();
        if self.peek()? == b']' {
            self.at += 1;
            return Some(Node::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.space();
            match self.next()? {
                b',' => {}
                b']' => return Some(Node::Array(items)),
                _ => return None,
            }
        }
    }

    fn object(&mut self, depth: usize) -> Option<Node> {
        self.at += 1;
        let mut fields = Vec::new();
        self.space();
        if self.peek()? == b'}' {
            self.at += 1;
            return Some(Node::Object(fields));
        }
        loop {
            self.space();
            if self.peek()? != b'"' {
                return None;
            }
            let Node::Text(key) = self.string()? else {
                return None;
            };
            self.space();
            if self.next()? != b':' {
                return None;
            }
            fields.push((key, self.value(depth + 1)?));
            self.space();
            match self.next()? {
                b',' => {}
                b'}' => return Some(Node::Object(fields)),
                _ => return None,
            }
        }
    }

    fn run_of_digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn number(&mut self) -> Option<Node> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.run_of_digits();
        if whole == 0 || (leading_zero && whole > 1) {
            return None;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.run_of_digits() == 0 {
                return None;
            }
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if self.run_of_digits() == 0 {
                return None;
            }
        }
        let token = std::str::from_utf8(&self.bytes[start..self.at]).ok()?;
        Some(Node::Number(token.to_owned()))
    }

    /// Collects UTF-16 escapes and plain bytes. Invalid UTF-8 makes the whole value unreadable.
    fn string(&mut self) -> Option<Node> {
        self.at += 1;
        let mut text = Vec::new();
        let mut lone = false;
        loop {
            let escaped = match self.next()? {
                b'"' => break,
                b'\\' => match self.next()? {
                    b'u' => self.unicode_escape()?,
                    b'n' => Some('\n'),
                    b't' => Some('\t'),
                    b'r' => Some('\r'),
                    b'b' => Some('\u{8}'),
                    b'f' => Some('\u{c}'),
                    b @ (b'"' | b'\\' | b'/') => Some(b as char),
                    _ => return None,
                },
                b if b < 0x20 => return None,
                b => {
                    text.push(b);
                    continue;
                }
            };
            match escaped {
                Some(c) => text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                None => lone = true,
            }
        }
        let text = String::from_utf8(text).ok()?;
        Some(if lone { Node::LoneSurrogate } else { Node::Text(text) })
    }

    /// `None`: no escape; `Some(None)`: half of a surrogate pair.
    fn unicode_escape(&mut self) -> Option<Option<char>> {
        let first = self.hex4()?;
        if !(0xd800..0xdc00).contains(&first) {
            return Some(char::from_u32(first));
        }
        if !self.bytes[self.at..].starts_with(b"\\u") {
            return Some(None);
        }
        let before_second = self.at;
        self.at += 2;
        let second = self.hex4()?;
        if !(0xdc00..0xe000).contains(&second) {
            self.at = before_second;
            return Some(None);
        }
        Some(char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)))
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }
}
