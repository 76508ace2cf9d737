//! Operations on sessions without a writer. Each takes the lock, does one thing, and releases the lock.
//!
//! Owns: what core's decisions need around them: lock, recovery, free space, the update of the sidecar.
//! Invariant: a session with a writer is refused. An error says what was not done.

pub mod doctor;
pub mod du;
pub mod fork;
pub mod import;
pub mod ledger;
pub mod migrate;
pub mod prune;
pub(crate) mod recover;
pub mod restore;
pub mod seal;
pub mod verify;
