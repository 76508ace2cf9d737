//! The store beside a log: what happened to it, and the bytes that were set aside.
//!
//! Owns: the ledger's rows. Section 7 of `docs/format.md` is the format.
//! Invariant: nothing here is needed to read a session.
//! Does not: write files; hosts do.

pub mod ledger;
