//! Operations on sessions that nobody writes meanwhile: each takes the lock, does one thing, and lets go.
//!
//! Owns: what surrounds core's decisions: lock, recovery, free space, the sidecar that follows.
//! Invariant: a session that somebody writes is refused; what an operation could not do, its error says.

pub mod doctor;
pub mod fork;
pub mod import;
pub mod ledger;
pub mod migrate;
pub mod prune;
pub(crate) mod recover;
pub mod restore;
pub mod seal;
pub mod verify;
