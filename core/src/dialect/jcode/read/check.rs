//! Type check: whether jcode would read a value as the type it expects.
//!
//! Owns: serde's rules as they apply in jcode. A known field must not come twice, be missing or have another type. A
//! variant must be known, an integer must have no fraction, text must be valid Unicode, and nesting is limited.
//! Invariant: one pass finds the end of a value whether or not the type fits, so values that jcode skips are still
//! known to be well-formed JSON. Recursion follows [`crate::dialect::jcode::read::schema`], never the data.
//! Does not: check UTF-8; callers do, for the whole value at once.

use crate::dialect::jcode::read::schema::{Field, Rule, Tagged, Type};
use crate::dialect::jcode::read::time;
use crate::json::Cursor;
use crate::json::Fault;
use crate::json::text::unescape;
use crate::json::walk::Walker;
use core::ops::Range;

/// `serde_json` refuses the 128th nested array or object.
const MAX_DEPTH: usize = 127;
/// Nesting depth of an element of a session's array.
const AROUND_ELEMENT: usize = 2;

/// Result of the pass over one element of an array.
#[derive(Debug, Clone, Default)]
pub(in crate::dialect::jcode) struct Seen {
    /// The type fits.
    pub(in crate::dialect::jcode) fits: bool,
    /// Token of its own `id`.
    pub(in crate::dialect::jcode) id: Option<Range<usize>>,
    /// Token of its own time, if that is valid.
    pub(in crate::dialect::jcode) time: Option<Range<usize>>,
}

/// The checker; reusable.
#[derive(Debug, Default)]
pub(in crate::dialect::jcode) struct Check {
    walker: Walker,
    misfit: bool,
    depth: usize,
    /// Depth of tagged objects. jcode buffers these, so everything in them must be readable, even unknown fields.
    buffered: usize,
    time_field: &'static str,
    seen: Seen,
}

impl Check {
    /// Checks an element of one of a session's arrays; the cursor is at its first byte.
    pub(in crate::dialect::jcode) fn element(
        &mut self,
        cursor: &mut Cursor<'_>,
        of: &Type,
        time_field: &'static str,
    ) -> Result<Seen, Fault> {
        self.start(AROUND_ELEMENT);
        self.time_field = time_field;
        self.value(cursor, of)?;
        self.time_field = "";
        let seen = core::mem::take(&mut self.seen);
        Ok(Seen { fits: !self.misfit, ..seen })
    }

    /// Checks any other value; true if it fits.
    pub(in crate::dialect::jcode) fn fits(
        &mut self,
        cursor: &mut Cursor<'_>,
        of: &Type,
        rule: Rule,
    ) -> Result<bool, Fault> {
        self.start(0);
        self.field_value(cursor, of, rule)?;
        Ok(!self.misfit)
    }

    /// Walks a value without a type.
    pub(in crate::dialect::jcode) fn skip(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        self.walker.walk_value(cursor)
    }

    /// True if `range` is exactly one well-formed value.
    pub(in crate::dialect::jcode) fn skip_all(&mut self, bytes: &[u8], range: Range<usize>) -> bool {
        let bytes = bytes.get(..range.end).unwrap_or_default();
        self.walker.skip_value(bytes, range.start) == Ok(range.end)
    }

    fn start(&mut self, depth: usize) {
        self.misfit = false;
        self.depth = depth;
        self.buffered = 0;
        self.time_field = "";
        self.seen = Seen::default();
    }

    fn refuse(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        self.misfit = true;
        self.ignore(cursor)
    }

    fn ignore(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        self.walker.walk_value(cursor)?;
        if self.buffered > 0 && self.depth + self.walker.deepest() > MAX_DEPTH {
            self.misfit = true;
        }
        Ok(())
    }

    fn field_value(&mut self, cursor: &mut Cursor<'_>, of: &Type, rule: Rule) -> Result<(), Fault> {
        if rule == Rule::Optional && cursor.peek()? == b'n' {
            return cursor.literal(b"null");
        }
        self.value(cursor, of)
    }

    fn value(&mut self, cursor: &mut Cursor<'_>, of: &Type) -> Result<(), Fault> {
        let first = cursor.peek()?;
        match (of, first) {
            (Type::Text, b'"') => self.text(cursor),
            (Type::Flag, b't') => cursor.literal(b"true"),
            (Type::Flag, b'f') => cursor.literal(b"false"),
            (Type::U32 | Type::U64, b'0'..=b'9') => {
                let start = cursor.at;
                cursor.number()?;
                let value = core::str::from_utf8(cursor.since(start)).ok().and_then(|token| token.parse::<u64>().ok());
                let limit = if matches!(of, Type::U32) { u64::from(u32::MAX) } else { u64::MAX };
                self.misfit |= value.is_none_or(|value| value > limit);
                Ok(())
            }
            (Type::Time, b'"') => {
                let start = cursor.at;
                cursor.string()?;
                self.misfit |= time::nanoseconds(cursor.since(start)).is_none();
                Ok(())
            }
            (Type::Any, _) => self.ignore(cursor),
            (Type::List(of), b'[') => {
                self.list(cursor, of)?;
                Ok(())
            }
            (Type::Pair(of), b'[') => {
                self.misfit |= self.list(cursor, of)? != 2;
                Ok(())
            }
            (Type::Object(fields), b'{') => self.object(cursor, fields),
            (Type::Tagged(tagged), b'{') => self.tagged(cursor, tagged),
            (Type::Choice(names), b'"' | b'{') => self.choice(cursor, names),
            _ => self.refuse(cursor),
        }
    }

    fn text(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Fault> {
        let before = core::mem::replace(&mut cursor.lone_surrogate, false);
        cursor.string()?;
        self.misfit |= cursor.lone_surrogate;
        cursor.lone_surrogate |= before;
        Ok(())
    }

    fn list(&mut self, cursor: &mut Cursor<'_>, of: &Type) -> Result<usize, Fault> {
        let mut count = 0;
        self.depth += 1;
        let mut more = cursor.opens(b'[', b']')?;
        while more {
            self.value(cursor, of)?;
            count += 1;
            more = cursor.goes_on(b']')?;
        }
        self.depth -= 1;
        Ok(count)
    }

    fn object(&mut self, cursor: &mut Cursor<'_>, fields: &[Field]) -> Result<(), Fault> {
        self.depth += 1;
        // Only the element itself has the id and the time to record.
        let marked = self.depth == AROUND_ELEMENT + 1 && !self.time_field.is_empty();
        let mut seen = 0u64;
        let mut expected = 0;
        let mut more = cursor.opens(b'{', b'}')?;
        while more {
            let key = self.key(cursor)?;
            match position(fields, key, expected) {
                Some(index) => {
                    expected = index + 1;
                    self.misfit |= seen & (1 << index) != 0;
                    seen |= 1 << index;
                    let start = cursor.at;
                    if let Some(field) = fields.get(index) {
                        self.field_value(cursor, &field.of, field.rule)?;
                        if marked {
                            self.mark(field.name, start..cursor.at, cursor.since(start));
                        }
                    }
                }
                None => self.ignore(cursor)?,
            }
            more = cursor.goes_on(b'}')?;
        }
        let missing = |(index, field): (usize, &Field)| field.rule == Rule::Required && seen & (1 << index) == 0;
        self.misfit |= fields.iter().enumerate().any(missing);
        self.depth -= 1;
        Ok(())
    }

    fn mark(&mut self, name: &str, range: Range<usize>, token: &[u8]) {
        if name == "id" {
            self.seen.id = Some(range);
        } else if name == self.time_field && time::nanoseconds(token).is_some() {
            self.seen.time = Some(range);
        }
    }

    /// Reads a key. One with invalid Unicode does not fit, because jcode expects a field name.
    fn key<'a>(&mut self, cursor: &mut Cursor<'a>) -> Result<&'a [u8], Fault> {
        let before = core::mem::replace(&mut cursor.lone_surrogate, false);
        let key = cursor.key()?;
        self.misfit |= cursor.lone_surrogate;
        cursor.lone_surrogate |= before;
        Ok(key)
    }

    fn tagged(&mut self, cursor: &mut Cursor<'_>, tagged: &Tagged) -> Result<(), Fault> {
        let start = cursor.at;
        let flags = (cursor.lone_surrogate, cursor.infinite);
        (cursor.lone_surrogate, cursor.infinite) = (false, false);
        self.buffered += 1;
        match self.variant(cursor, tagged)? {
            Some(fields) => self.object(cursor, fields)?,
            None => self.refuse(cursor)?,
        }
        self.buffered -= 1;
        self.misfit |= cursor.lone_surrogate || cursor.infinite;
        cursor.lone_surrogate |= flags.0;
        cursor.infinite |= flags.1;
        debug_assert!(cursor.at > start, "an object is two bytes at least");
        Ok(())
    }

    /// The variant that an object names. jcode writes the tag first; a tag elsewhere costs a pass of its own.
    fn variant(&mut self, cursor: &Cursor<'_>, tagged: &Tagged) -> Result<Option<&'static [Field]>, Fault> {
        let mut ahead = cursor.clone();
        if !ahead.opens(b'{', b'}')? {
            return Ok(None);
        }
        let mut token = None;
        if ahead.key()? == tagged.tag.as_bytes() {
            let start = ahead.at;
            self.walker.walk_value(&mut ahead)?;
            token = Some(ahead.since(start));
        } else {
            self.walker.walk_object(cursor.bytes, cursor.at, |key, value| {
                if token.is_none() && is_named(key, tagged.tag) {
                    token = Some(value);
                }
            })?;
        }
        let name = token.and_then(|token| token.strip_prefix(b"\"")?.strip_suffix(b"\""));
        Ok(name.and_then(|name| tagged.variants.iter().find(|(variant, _)| is_named(name, variant))).map(|v| v.1))
    }

    fn choice(&mut self, cursor: &mut Cursor<'_>, names: &[(&str, Option<&'static [Field]>)]) -> Result<(), Fault> {
        let find = |name: &[u8]| names.iter().find(|(choice, _)| is_named(name, choice)).map(|(_, fields)| *fields);
        if cursor.peek()? == b'"' {
            let start = cursor.at;
            cursor.string()?;
            let name = cursor.since(start).strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\""));
            self.misfit |= !matches!(name.and_then(find), Some(None));
            return Ok(());
        }
        if !cursor.opens(b'{', b'}')? {
            self.misfit = true;
            return Ok(());
        }
        self.depth += 1;
        let key = self.key(cursor)?;
        match find(key) {
            Some(Some(fields)) if cursor.peek()? == b'{' => self.object(cursor, fields)?,
            Some(None) if cursor.peek()? == b'n' => cursor.literal(b"null")?,
            _ => self.refuse(cursor)?,
        }
        while cursor.goes_on(b'}')? {
            self.misfit = true;
            cursor.key()?;
            self.ignore(cursor)?;
        }
        self.depth -= 1;
        Ok(())
    }
}

/// The index of the field with a raw key. `expected` is tried first, because writers keep the order of fields.
fn position(fields: &[Field], key: &[u8], expected: usize) -> Option<usize> {
    if fields.get(expected).is_some_and(|field| field.name.as_bytes() == key) {
        return Some(expected);
    }
    fields.iter().position(|field| is_named(key, field.name))
}

/// True if the raw content of a string token is `name`.
pub(in crate::dialect::jcode) fn is_named(raw: &[u8], name: &str) -> bool {
    raw == name.as_bytes() || (raw.contains(&b'\\') && unescape(raw).as_deref() == Some(name))
}
