//! The members of a record, and what is in it.
//!
//! Owns: looking up members by name, of objects within objects and of elements of arrays.
//! Invariant: only complete members are told, in their order, and of repeated ones the last. Nothing is walked twice that
//! a walk over the record kept.

use crate::json::tape::{Level, Node, Tape};
use crate::json::text;
use crate::json::walk::elements;
use crate::log::Record;
use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// The complete members of a record, in order, and of what is in it.
#[derive(Debug, Default, Clone)]
pub(super) struct Members<'m> {
    /// None: there are no members.
    tape: Option<Arc<Tape<'m>>>,
    level: Level,
    /// Offset of the record; known of a file's first ones alone, as its length and line.
    pub offset: u64,
    /// Its length.
    pub len: u64,
    /// The number of its line, from 1.
    pub line: u64,
}

impl<'m> Members<'m> {
    /// Reads the object that begins with the first brace; empty if there is none.
    #[must_use]
    pub(super) fn of(object: &'m [u8]) -> Self {
        let start = object.iter().position(|&byte| byte == b'{');
        let tape = start.map(|start| Arc::new(Tape::of(object, start)));
        Self { len: object.len() as u64, ..Self::top(tape) }
    }

    /// Those of a record that was read, whose walk is not done again.
    #[must_use]
    pub(super) fn of_record(record: &Record<'m>) -> Self {
        match &record.places {
            Some(tape) => Self::top(Some(Arc::clone(tape))),
            None => Self::of(record.bytes),
        }
    }

    /// An object of these members, which no record has.
    pub(super) fn made(members: &[(&'static str, &'m [u8])]) -> Self {
        Self::top(Some(Arc::new(Tape::made(members))))
    }

    /// Those of a record that stands there.
    pub(super) fn at(self, offset: u64, line: u64) -> Self {
        Self { offset, line, ..self }
    }

    fn top(tape: Option<Arc<Tape<'m>>>) -> Self {
        let level = tape.as_ref().map(|tape| tape.top()).unwrap_or_default();
        Self { tape, level, ..Self::default() }
    }

    /// The members with their numbers.
    fn nodes(&self) -> impl Iterator<Item = (u32, &Node<'m>)> {
        self.tape.iter().flat_map(|tape| tape.level(self.level))
    }

    /// The member of this name; the last one of repeated members.
    fn node(&self, name: &str) -> Option<(u32, &Node<'m>)> {
        self.nodes().filter(|(_, node)| is_key(node.key, name)).last()
    }

    /// The raw value of a member; the last one of repeated members.
    #[must_use]
    pub(super) fn get(&self, name: &str) -> Option<&'m [u8]> {
        self.node(name).map(|(_, node)| node.value)
    }

    /// True if there is a member of this name.
    #[must_use]
    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// True if there are none.
    #[must_use]
    pub(super) fn is_empty(&self) -> bool {
        self.nodes().next().is_none()
    }

    /// The name of its first member.
    #[must_use]
    pub(super) fn first_name(&self) -> Option<Cow<'m, str>> {
        self.nodes().next().map(|(_, node)| text::unescape(node.key).unwrap_or_default())
    }

    /// The text of a member; empty if it has none.
    #[must_use]
    pub(super) fn text(&self, name: &str) -> Cow<'m, str> {
        self.get(name).and_then(text::string).unwrap_or_default()
    }

    /// A member, with the places of what is in it.
    #[must_use]
    pub(super) fn value(&self, name: &str) -> Option<Value<'m>> {
        self.node(name).map(|(number, node)| self.value_at(number, node))
    }

    fn value_at(&self, number: u32, node: &Node<'m>) -> Value<'m> {
        let kept = self.tape.as_ref().filter(|_| node.is_open);
        Value { token: node.value, within: kept.map(|tape| (Arc::clone(tape), tape.within(number))) }
    }

    /// The members of a member that is an object; else empty.
    #[must_use]
    pub(super) fn object(&self, name: &str) -> Self {
        self.value(name).unwrap_or_default().members()
    }

    /// The members of each element of a member that is an array; else none.
    pub(super) fn elements(&self, name: &str) -> Vec<Self> {
        self.value(name).unwrap_or_default().elements().iter().map(Value::members).collect()
    }
}

/// A value of a record, and of what is in it.
#[derive(Debug, Default, Clone)]
pub(super) struct Value<'m> {
    /// As it stands.
    pub token: &'m [u8],
    /// Where what is in it stands, if that is kept.
    within: Option<(Arc<Tape<'m>>, Level)>,
}

impl<'m> Value<'m> {
    /// Its members if it is an object; else none.
    pub(super) fn members(&self) -> Members<'m> {
        match &self.within {
            _ if !self.token.starts_with(b"{") => Members::default(),
            Some(_) => self.inside(),
            None => Members::of(self.token),
        }
    }

    /// Its elements if it is an array; else none.
    pub(super) fn elements(&self) -> Vec<Self> {
        match &self.within {
            _ if !self.token.starts_with(b"[") => Vec::new(),
            Some(_) => {
                let elements = self.inside();
                elements.nodes().map(|(number, node)| elements.value_at(number, node)).collect()
            }
            None => elements(self.token).into_iter().map(Self::from).collect(),
        }
    }

    /// What is in it, as far as that is kept.
    fn inside(&self) -> Members<'m> {
        let (tape, level) = self.within.clone().unzip();
        Members { tape, level: level.unwrap_or_default(), ..Members::default() }
    }
}

/// A value of which nothing is known.
impl<'m> From<&'m [u8]> for Value<'m> {
    fn from(token: &'m [u8]) -> Self {
        Self { token, within: None }
    }
}

/// Whether a raw key is this name.
fn is_key(key: &[u8], name: &str) -> bool {
    if key.len() <= name.len() {
        return key == name.as_bytes();
    }
    // Only an escape makes a key longer than its name; before the first one it is as the name is.
    let may_be = key.first() == name.as_bytes().first() || key.first() == Some(&b'\\');
    may_be && memchr::memchr(b'\\', key).is_some() && text::unescape(key).is_some_and(|key| key == name)
}
