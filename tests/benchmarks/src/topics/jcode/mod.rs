//! Sessions of a jcode that keeps them here: what opening, saving and taking turns cost.
//!
//! Owns: the order of the rows. `session` makes sessions, `own_way` is what jcode does today.

mod many;
mod own_way;
mod page;
mod save;
mod session;
mod turns;

use super::Topic;
use crate::Outcome;
use crate::lab::Lab;
use std::path::Path;

pub const TOPIC: Topic = Topic {
    name: "jcode",
    title: "A jcode that keeps its sessions here",
    about: "A page is what a model is shown behind a compaction; its floor reads those bytes and parses them with serde_json, its peer parses v1 snapshot and journal. A save is a prompt, an answer, a result and a changed field, 7 KB in one batch; the floor is one bare write(2) of the same bytes, in strict with fdatasync, and the peer jcode's own way: a line of journal, all fields in it, and a snapshot anew at 512 KiB, no syncs, its messages in memory as text already.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    page::measure(lab)?;
    save::measure(lab)?;
    turns::measure(lab)?;
    many::measure(lab)
}

/// The process that saves turns in [`turns`].
pub fn save_turns(log: &Path, count: u32) -> Outcome<()> {
    turns::save(log, count)
}
