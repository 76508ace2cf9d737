//! The native host of jcode-session: it carries out core's decisions with files, maps, SQLite, syncs and locks.
//!
//! | for | use |
//! |---|---|
//! | opening a session, its last page, tree and entries | [`session::Session`] |
//! | bringing a log and its sidecar up to date | [`ops::migrate`] |
//! | checking one | [`ops::verify`] |
//! | appending to one | [`writer::Writer`] |
//! | returning one to an earlier state, repairing one | [`ops::restore`] |
//! | searching all of them | [`search`] |
//! | finding sessions | [`session::discover`], [`catalog::Catalog::find`] |
//! | listing and picking them | [`catalog`] |
//! | tagging one | [`writer::tags`] |
//! | finding what is wrong with all of them | [`ops::doctor`] |
//!
//! With the feature `jcode`, `jcode` is the layer for a jcode that keeps its sessions here.
//!
//! Without the feature `files` only [`sidecar::sql`] is left: the statements that the wasm host shares.

pub mod sidecar;

cfg_if::cfg_if! {
    if #[cfg(feature = "files")] {
        pub mod catalog;
        pub mod ops;
        pub mod os;
        pub mod search;
        pub mod session;
        pub mod writer;
    }
}

#[cfg(feature = "jcode")]
pub mod jcode;
