//! The sidecar of one log: open, judge, build, catch up.
//!
//! Owns: all access to the sidecar's file. Only [`sql`] does not touch files; the wasm host shares it.
//! Invariant: a sidecar is replaced whole or changed in one transaction, and only under its lock.

pub mod sql;

cfg_if::cfg_if! {
    if #[cfg(feature = "files")] {
        pub(crate) mod batch;
        mod build;
        mod catch_up;
        pub(crate) mod connect;
        pub(crate) mod look;
        mod open;
        mod outcome;
        pub mod rebuild;
        mod untouched;

        pub use open::*;
        pub(crate) use untouched::{commit, is_untouched};
    }
}
