//! The store beside a log: its ledger, the states it can return to, and the bytes set aside from it.
//!
//! Owns: the ledger's rows, their meaning together, and the steps of checkpoint, migration, rollback, undo and repair
//! over the storage contract. Sections 7 and 8 of `docs/format.md` are the format.
//! Invariant: reading a session does not need the store. A crash between any two steps leaves the log as it was or as
//! it was to become, and bytes that leave the log are durable elsewhere first.
//! Does not: lock, read clocks or update the sidecar; hosts do.

pub mod checkpoint;
mod error;
pub mod history;
pub mod import;
pub mod ledger;
pub mod ledger_file;
pub mod migrate;
mod pending;
pub mod repair;
pub mod rollback;
mod session_store;
mod set_aside;
mod state;
pub mod undo;

pub use error::StoreError;
pub use pending::without_pending;
pub use session_store::SessionStore;
pub(crate) use session_store::leaf;
pub use state::LogState;
