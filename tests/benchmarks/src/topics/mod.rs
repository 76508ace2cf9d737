//! The topics: one file each, with a description and a function that adds its rows.
//!
//! Owns: the list of topics. A new topic is a new file and a line here.

mod agents;
mod append;
mod archive;
mod index;
pub mod jcode;
mod list;
mod many;
mod memory;
mod open;
mod page;
mod peers;
mod restore;
pub mod search;
mod segments;
mod v1;
mod wasm;

use crate::Outcome;
use crate::lab::Lab;

/// A table of the document.
pub struct Topic {
    /// Its name for `--only`.
    pub name: &'static str,
    pub title: &'static str,
    pub about: &'static str,
    pub measure: fn(&mut Lab) -> Outcome<()>,
}

/// All topics, in the document's order.
pub const ALL: &[Topic] = &[
    open::TOPIC,
    peers::TOPIC,
    index::TOPIC,
    memory::TOPIC,
    many::TOPIC,
    append::TOPIC,
    jcode::TOPIC,
    v1::TOPIC,
    list::TOPIC,
    search::TOPIC,
    restore::TOPIC,
    segments::TOPIC,
    archive::TOPIC,
    agents::TOPIC,
    wasm::TOPIC,
    page::TOPIC,
];
