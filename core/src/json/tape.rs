//! The members of an object, and of what is in it, from one walk.
//!
//! Owns: which places are kept: each member and element down to [`DEPTH`] levels, in their order, up to [`MOST`] of them
//! below the first level.
//! Invariant: it tells what walks over the same bytes, level by level, tell: only complete members, up to the first
//! invalid byte. Nothing is decoded. What is deeper, or too much, is walked and not kept; its node is not open.

use super::walk::{Walked, Walker};
use super::{Cursor, Fault};
use alloc::vec::Vec;

/// Levels that are kept: those of a record, its message, a content, a block and what is in it.
const DEPTH: usize = 5;
/// Places up to which those below the first level are kept: a record of small elements would take many times its length.
const MOST: usize = 1 << 14;

/// A member or an element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'a> {
    /// Its key without the quotes; empty for an element.
    pub(crate) key: &'a [u8],
    /// Its value.
    pub(crate) value: &'a [u8],
    /// Where the next one of its level is; what is in it lies before that.
    next: u32,
    /// What is in it is kept.
    pub(crate) is_open: bool,
}

/// A walked object.
#[derive(Debug, Default)]
pub(crate) struct Tape<'a> {
    nodes: Vec<Node<'a>>,
}

/// A level of a tape: where it begins and ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Level {
    from: u32,
    to: u32,
}

impl<'a> Tape<'a> {
    /// An object of these members, none of which is looked into.
    pub(crate) fn made(members: &[(&'static str, &'a [u8])]) -> Self {
        let node = |(&(key, value), next): (&(&'static str, &'a [u8]), u32)| {
            let key = key.as_bytes();
            Node { key, value, next, is_open: false }
        };
        Self { nodes: members.iter().zip(1..).map(node).collect() }
    }

    /// Walks the object that begins at `bytes[start]`, as far as it is whole.
    pub(crate) fn of(bytes: &'a [u8], start: usize) -> Self {
        Self::walk(bytes, start).0
    }

    /// Walks the object that begins at `bytes[start]`.
    ///
    /// # Errors
    /// Those of [`Walker::walk_object`].
    pub(crate) fn read(bytes: &'a [u8], start: usize) -> Result<(Self, Walked), Fault> {
        let (tape, walked) = Self::walk(bytes, start);
        walked.map(|walked| (tape, walked))
    }

    fn walk(bytes: &'a [u8], start: usize) -> (Self, Result<Walked, Fault>) {
        let mut builder = Builder { nodes: Vec::with_capacity(24), walker: Walker::new(), is_full: false };
        let mut cursor = Cursor::new(bytes, start);
        let walked = builder.object(&mut cursor, DEPTH);
        let walked = walked.map(|()| Walked { end: cursor.at, lone_surrogate: cursor.lone_surrogate });
        (Self { nodes: builder.nodes }, walked)
    }

    /// The level of the object itself.
    pub(crate) fn top(&self) -> Level {
        Level { from: 0, to: position(self.nodes.len()) }
    }

    /// The nodes of a level with their numbers.
    pub(crate) fn level(&self, level: Level) -> impl Iterator<Item = (u32, &Node<'a>)> {
        let mut at = level.from;
        core::iter::from_fn(move || {
            let node = if at < level.to { self.nodes.get(at as usize)? } else { return None };
            Some((core::mem::replace(&mut at, node.next), node))
        })
    }

    /// The level in the node with this number.
    pub(crate) fn within(&self, number: u32) -> Level {
        let to = self.nodes.get(number as usize).map_or(number, |node| node.next);
        Level { from: number.saturating_add(1), to }
    }
}

struct Builder<'a> {
    nodes: Vec<Node<'a>>,
    walker: Walker,
    /// Below the first level nothing is kept any more.
    is_full: bool,
}

impl<'a> Builder<'a> {
    fn object(&mut self, cursor: &mut Cursor<'a>, levels: usize) -> Result<(), Fault> {
        let mut more = cursor.opens(b'{', b'}')?;
        while more {
            let key = cursor.key()?;
            self.value(cursor, key, levels)?;
            more = cursor.goes_on(b'}')?;
        }
        Ok(())
    }

    fn array(&mut self, cursor: &mut Cursor<'a>, levels: usize) -> Result<(), Fault> {
        let mut more = cursor.opens(b'[', b']')?;
        while more {
            self.value(cursor, &[], levels)?;
            more = cursor.goes_on(b']')?;
        }
        Ok(())
    }

    /// Walks a value on a level below which so many are left. Of one that is not whole, nothing is kept.
    fn value(&mut self, cursor: &mut Cursor<'a>, key: &'a [u8], levels: usize) -> Result<(), Fault> {
        self.is_full |= self.nodes.len() >= MOST;
        if self.is_full && levels < DEPTH {
            return self.walker.walk_value(cursor);
        }
        let (from, at, first) = (cursor.at, self.nodes.len(), cursor.peek()?);
        self.nodes.push(Node { key, value: &[], next: 0, is_open: false });
        let left = levels.saturating_sub(1);
        let (walked, is_inside) = match first {
            b'{' if left > 0 && !self.is_full => (self.object(cursor, left), true),
            b'[' if left > 0 && !self.is_full => (self.array(cursor, left), true),
            _ => (self.walker.walk_value(cursor), false),
        };
        if walked.is_err() {
            self.nodes.truncate(at);
            return walked;
        }
        // Of what became too much, nothing is kept rather than a part.
        let is_open = is_inside && !self.is_full;
        if !is_open {
            self.nodes.truncate(at + 1);
        }
        let next = position(self.nodes.len());
        if let Some(node) = self.nodes.get_mut(at) {
            *node = Node { key, value: cursor.since(from), next, is_open };
        }
        Ok(())
    }
}

/// A number of a node. A line of 4 billion members would be one of 16 GB.
fn position(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
