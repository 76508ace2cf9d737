//! The archive host of jcode-session: sessions of many machines in one store, a folder or a bucket.
//!
//! | for | use |
//! |---|---|
//! | opening a store | [`Archive`] |
//! | what each machine pushed | [`Archive::view`], [`View`] |
//! | bringing sessions there | [`push`] |
//! | bringing them here | [`pull`] |
//! | reading one where it is | [`Remote`], which gives a [`Session`](jcode_session_native::session::Session) |
//! | checking a store | [`check`] |
//! | tables for other engines | `tables`, with feature `parquet` |
//! | another kind of store | [`Objects`]; for tables `files::Files` |
//!
//! Core's `archive` decides what is put and what an answer means; this crate puts, gets and lists.

mod address;
pub mod archive;
pub mod check;
#[cfg(feature = "cloud")]
mod cloud;
#[cfg(feature = "parquet")]
pub mod files;
mod folder;
mod local;
mod memory;
pub mod objects;
pub mod pull;
pub mod push;
pub mod remote;
mod restore;
mod source;
#[cfg(feature = "parquet")]
pub mod tables;
pub mod view;
mod window;
mod workers;

pub use archive::{Archive, OpenError};
pub use folder::Folder;
pub use objects::{Failure, Listed, ObjectError, Objects};
pub use remote::Remote;
pub use view::{Trouble, View};

#[cfg(doctest)]
#[doc = include_str!("../../docs/fleet.md")]
struct Fleet;
