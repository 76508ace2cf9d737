//! The sidecar of one log: opened, judged, built, caught up.
//!
//! Owns: everything that touches its file; [`sql`] alone is file-free and shared with the wasm host.
//! Invariant: a sidecar is replaced whole or changed in one transaction, and only under its lock.

pub mod sql;

cfg_if::cfg_if! {
    if #[cfg(feature = "files")] {
        mod catch_up;
        pub(crate) mod connect;
        pub(crate) mod look;
        mod open;
        mod outcome;
        mod pipeline;
        pub mod rebuild;
        mod untouched;

        pub use open::*;
        pub(crate) use untouched::{commit, is_untouched};
    }
}
