//! The members of an object, and of what is in it, from one walk.
//!
//! Owns: which places are kept: each member and element down to [`DEPTH`] levels, in their order.
//! Invariant: it tells what walks over the same bytes, level by level, tell: only complete members, up to the first
//! invalid byte. Nothing is decoded. What is deeper is walked, and not kept.

use super::walk::Walker;
use super::{Cursor, Fault};
use alloc::vec::Vec;

/// Levels that are kept: those of a record, its message, a content, a block and what is in it.
const DEPTH: usize = 5;

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
    /// Walks the object that begins at `bytes[start]`.
    pub(crate) fn of(bytes: &'a [u8], start: usize) -> Self {
        let mut builder = Builder { nodes: Vec::with_capacity(32), walker: Walker::new() };
        let _ = builder.object(&mut Cursor::new(bytes, start), DEPTH);
        Self { nodes: builder.nodes }
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
        let (from, at, first) = (cursor.at, self.nodes.len(), cursor.peek()?);
        self.nodes.push(Node { key, value: &[], next: 0, is_open: false });
        let left = levels.saturating_sub(1);
        let (walked, is_open) = match first {
            b'{' if left > 0 => (self.object(cursor, left), true),
            b'[' if left > 0 => (self.array(cursor, left), true),
            _ => (self.walker.walk_value(cursor), false),
        };
        if walked.is_err() {
            self.nodes.truncate(at);
            return walked;
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
