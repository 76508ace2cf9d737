//! Another program, which takes no lock: what it does to the log, between any two calls of the writer.
//!
//! Owns: the acts, and at which call one happens. Invariant: a writer could tell one place of an act from the next
//! one: between two neighbours it changes the storage, or asks for a length or what a name leads to.
//! Does not: sync; what it wrote may be lost in a power cut like everything else.

use super::{Inode, Machine, Op, World};
use jcode_session_core::storage::Place;

/// What another program does to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Appends bytes.
    Append(Vec<u8>),
    /// Gives another file its name, which holds the first bytes of it, so many, and then these.
    Replace(u64, Vec<u8>),
    /// Takes its name away.
    Remove,
    /// Cuts it to so many bytes.
    Cut(u64),
    /// Writes it anew in place: its first bytes, so many, and then these.
    Rewrite(u64, Vec<u8>),
}

/// An act and its time.
#[derive(Debug, Clone)]
pub struct Intruder {
    /// Before the call with this number: calls that change something, and looks at the log.
    pub at: u64,
    /// What it does.
    pub act: Act,
    /// The log as it was left by the act, once it happened; `None` if there is none then.
    pub left: Option<Option<Vec<u8>>>,
    /// There was no log then, or the act changed nothing of it.
    pub idle: bool,
}

impl Intruder {
    /// An act that waits for its time.
    #[must_use]
    pub const fn new(at: u64, act: Act) -> Self {
        Self { at, act, left: None, idle: false }
    }
}

impl Machine {
    /// Lets another program act at its time.
    pub fn admit(&self, intruder: Intruder) {
        self.recorded().world.intruder = Some(intruder);
    }

    /// A call comes that changes something or looks at the log.
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
