//! The native host of jcode-session: files, maps, SQLite, syncs and locks for the decisions that core makes.
//!
//! | for | use |
//! |---|---|
//! | opening a session, its last page, tree and entries | [`session::Session`] |
//! | bringing a log and its sidecar up to date | [`migrate`] |
//! | checking one | [`verify`] |
//! | appending to one | [`writer::Writer`] |
//! | returning one to an earlier state, repairing one | [`store`] |
//! | finding sessions | [`discover`] |
//! | listing and picking them | [`catalog`] |
//! | tagging one | [`tags`] |
//! | finding what is wrong with all of them | [`doctor`] |
//!
//! Without the feature `files` only [`sql`] is left: the statements that the wasm host shares.

pub mod sql;

#[cfg(feature = "files")]
pub mod catalog;
#[cfg(feature = "files")]
pub mod discover;
#[cfg(feature = "files")]
pub mod doctor;
#[cfg(feature = "files")]
pub mod folders;
#[cfg(feature = "files")]
pub mod fork;
#[cfg(feature = "files")]
pub mod fs;
#[cfg(feature = "files")]
pub mod host;
#[cfg(feature = "files")]
pub mod ledger;
#[cfg(feature = "files")]
pub mod lock;
#[cfg(feature = "files")]
pub mod map;
#[cfg(feature = "files")]
pub mod migrate;
#[cfg(feature = "files")]
pub mod native_storage;
#[cfg(feature = "files")]
pub mod paths;
#[cfg(feature = "files")]
pub mod prune;
#[cfg(feature = "files")]
pub mod rebuild;
#[cfg(feature = "files")]
pub mod replace;
#[cfg(feature = "files")]
pub mod seal;
#[cfg(feature = "files")]
pub mod segments;
#[cfg(feature = "files")]
pub mod session;
#[cfg(feature = "files")]
pub mod sidecar;
#[cfg(feature = "files")]
pub mod store;
#[cfg(feature = "files")]
mod sync;
#[cfg(feature = "files")]
pub mod tags;
#[cfg(feature = "files")]
pub mod v1;
#[cfg(feature = "files")]
pub mod verify;
#[cfg(feature = "files")]
pub mod writer;
