//! Another program, which takes no lock and changes the log between any two calls of the writer.
//!
//! Owns: its acts, and the call before which an act happens.
//! Invariant: two neighbouring positions of an act differ for the writer: between them it changes the storage, or
//! queries a length or where a name leads. The intruder does not sync, so a power cut may lose its writes like any
//! others.

use super::{Inode, Machine, Op, World};
use jcode_session_core::storage::Place;

/// What another program does to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Appends bytes.
    Append(Vec<u8>),
    /// Replaces the file at the path by a new one that holds this many bytes of the old one, then these bytes.
    Replace(u64, Vec<u8>),
    /// Removes the name of the log.
    Remove,
    /// Cuts the log to this length.
    Cut(u64),
    /// Rewrites the log in place: keeps this many of its first bytes, then writes these bytes.
    Rewrite(u64, Vec<u8>),
}

/// An act and its position.
#[derive(Debug, Clone)]
pub struct Intruder {
    /// Number of the call before which it happens. Calls that change something or look at the log are counted.
    pub at: u64,
    /// The act.
    pub act: Act,
    /// The log after the act, once it has happened; the inner `None` if there is no log then.
    pub left: Option<Option<Vec<u8>>>,
    /// There was no log, or the act did not change it.
    pub idle: bool,
}

impl Intruder {
    /// An act that waits for its call.
    #[must_use]
    pub const fn new(at: u64, act: Act) -> Self {
        Self { at, act, left: None, idle: false }
    }
}

impl Machine {
    /// Lets another program act at its call.
    pub fn admit(&self, intruder: Intruder) {
        self.recorded().world.intruder = Some(intruder);
    }

    /// Counts a call that changes something or looks at the log, and runs a due act before it.
    pub(super) fn touched(&self) {
        let world = &mut self.recorded().world;
        let now = world.touches;
        world.touches += 1;
        let Some(mut intruder) = world.intruder.take() else { return };
        if intruder.at == now && intruder.left.is_none() {
            let log = |world: &World| Some((world.names.get(&Place::Log).copied()?, world.inodes.len()));
            let bytes = |world: &World| Some(world.inodes[log(world)?.0].live.clone());
            let before = (log(world), bytes(world));
            act(world, &intruder.act);
            intruder.idle = before.0.is_none() || before == (log(world), bytes(world));
            intruder.left = Some(bytes(world));
        }
        world.intruder = Some(intruder);
    }
}

fn act(world: &mut World, act: &Act) {
    let Some(&log) = world.names.get(&Place::Log) else { return };
    let live = &world.inodes[log].live;
    let len = live.len() as u64;
    let start = |keep: u64, then: &[u8]| -> Vec<u8> {
        let kept = &live[..usize::try_from(keep.min(len)).expect("small")];
        [kept, then].concat()
    };
    let ops = match act {
        Act::Append(bytes) => vec![Op::Write(len, bytes.clone())],
        Act::Cut(to) => vec![Op::SetLen((*to).min(len))],
        Act::Rewrite(keep, then) => vec![Op::SetLen(0), Op::Write(0, start(*keep, then))],
        Act::Replace(keep, then) => {
            let new = start(*keep, then);
            let inode = Inode { live: new.clone(), durable: new, pending: Vec::new() };
            world.inodes.push(inode);
            world.names.insert(Place::Log, world.inodes.len() - 1);
            return;
        }
        Act::Remove => {
            world.names.remove(&Place::Log);
            return;
        }
    };
    let inode = &mut world.inodes[log];
    for op in ops {
        op.apply(&mut inode.live);
        inode.pending.push(op);
    }
}
