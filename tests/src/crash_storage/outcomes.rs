//! The states that a crash may leave.
//!
//! Owns: the lists of outcomes of a kill and of a power cut. Tests try all of them.
//! Invariant: a journalling file system and a disk may produce every outcome. Each pending write is kept, dropped,
//! reordered or torn in some outcomes.

use super::{Inode, Op, World};
use jcode_session_core::storage::Folder;
use std::collections::BTreeMap;
use std::ops::Range;

/// A state after a crash, with the sidecar's synced length.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The state of the machine, all of it durable.
    pub world: World,
    /// The sidecar's synced length, if a readable sidecar exists.
    pub synced_len: Option<u64>,
    /// A description for messages.
    pub what: String,
}

/// The outcomes of a kill: the system lives on, the running write may have been cut short, and the sidecar's last
/// commit holds.
#[must_use]
pub fn kills(state: &World) -> Vec<Outcome> {
    let synced_len = state.sidecar.last().copied();
    let mut all = vec![Outcome { world: settled(state.clone()), synced_len, what: "kill".into() }];
    if let Some((inode, bytes)) = &state.writing {
        for cut in [1, bytes.len() / 2, bytes.len().saturating_sub(1), bytes.len()] {
            let mut world = state.clone();
            let live = &mut world.inodes[*inode];
            let op = Op::Write(live.live.len() as u64, bytes[..cut.min(bytes.len())].to_vec());
            op.apply(&mut live.live);
            live.pending.push(op);
            all.push(Outcome { world: settled(world), synced_len, what: format!("kill after {cut} bytes of a write") });
        }
    }
    all
}

/// The outcomes of a power cut. The running write counts as unsynced. With `wide`: all orders and tears, and all
/// earlier states of the sidecar; else only some.
#[must_use]
pub fn power_cuts(state: &World, wide: bool) -> Vec<Outcome> {
    let mut state = state.clone();
    if let Some((inode, bytes)) = state.writing.take() {
        let inode = &mut state.inodes[inode];
        let op = Op::Write(inode.live.len() as u64, bytes);
        op.apply(&mut inode.live);
        inode.pending.push(op);
    }
    let mut sidecars: Vec<Option<u64>> = vec![None];
    let mut history = state.sidecar.clone();
    history.dedup();
    sidecars.extend(history.iter().rev().take(if wide { 8 } else { 1 }).map(|&len| Some(len)));
    let mut all = Vec::new();
    for names_kept in [false, true] {
        for (which, images) in images(&state.inodes, wide) {
            let mut world = state.clone();
            for (inode, bytes) in world.inodes.iter_mut().zip(images) {
                *inode = Inode { live: bytes.clone(), durable: bytes, pending: Vec::new() };
            }
            if names_kept {
                world.durable_names = world.names.clone();
                world.durable_folders = world.folders.clone();
            }
            let there = |folder: Folder, world: &World| {
                folder == Folder::Sessions
                    || (world.durable_folders.contains(&folder)
                        && (folder == Folder::Store || world.durable_folders.contains(&Folder::Store)))
            };
            world.names = world
                .durable_names
                .iter()
                .filter(|(place, _)| there(place.folder(), &world))
                .map(|(place, inode)| (place.clone(), *inode))
                .collect::<BTreeMap<_, _>>();
            world.durable_names = world.names.clone();
            world.folders = world.durable_folders.clone();
            for synced_len in &sidecars {
                let what = format!("power cut, {which}, names kept {names_kept}, sidecar {synced_len:?}");
                all.push(Outcome { world: world.clone(), synced_len: *synced_len, what });
            }
        }
    }
    all
}

/// All files in their present state, and durable.
fn settled(mut world: World) -> World {
    world.writing = None;
    world
}

/// The possible contents of all files after a power cut, each with a description.
#[must_use]
pub fn images(inodes: &[Inode], wide: bool) -> Vec<(String, Vec<Vec<u8>>)> {
    let with = |keep: &dyn Fn(usize, &[Op]) -> Vec<Op>| -> Vec<Vec<u8>> {
        let image = |(number, inode): (usize, &Inode)| {
            let mut bytes = inode.durable.clone();
            keep(number, &inode.pending).iter().for_each(|op| op.apply(&mut bytes));
            bytes
        };
        inodes.iter().enumerate().map(image).collect()
    };
    let mut all = vec![
        ("nothing unsynced kept".to_string(), with(&|_, _| Vec::new())),
        ("everything kept".to_string(), with(&|_, ops| ops.to_vec())),
    ];
    for (number, inode) in inodes.iter().enumerate() {
        let pending = inode.pending.len();
        let which: Vec<usize> =
            if wide { (0..pending).collect() } else { pending.checked_sub(1).into_iter().collect() };
        for at in which {
            let only = |change: &dyn Fn(&mut Vec<Op>)| {
                with(&|other, ops| {
                    let mut ops = ops.to_vec();
                    if other == number {
                        change(&mut ops);
                    }
                    ops
                })
            };
            let name = |word: &str| format!("file {number}, change {at} {word}");
            all.push((name("lost"), only(&|ops| drop(ops.remove(at)))));
            all.push((name("the last"), only(&|ops| ops.truncate(at + 1))));
            all.push((name("alone"), only(&|ops| *ops = vec![ops[at].clone()])));
            all.push((name("torn, end missing"), only(&|ops| tear(ops, at, true, |half, _| 0..half))));
            all.push((name("torn, start missing"), only(&|ops| tear(ops, at, true, |half, len| half..len))));
            all.push((name("cut short"), only(&|ops| tear(ops, at, false, |half, _| 0..half))));
        }
    }
    all
}

/// Keeps only a part of a write. The rest of its range keeps the old bytes, or holds zeros if the file has its new
/// length.
fn tear(ops: &mut Vec<Op>, at: usize, grown: bool, part: impl Fn(usize, usize) -> Range<usize>) {
    if let Op::Write(offset, bytes) = ops[at].clone() {
        let kept = part(bytes.len() / 2, bytes.len());
        ops[at] = Op::Write(offset + kept.start as u64, bytes[kept].to_vec());
        if grown {
            ops.insert(at, Op::Extend(offset + bytes.len() as u64));
        }
    }
}
