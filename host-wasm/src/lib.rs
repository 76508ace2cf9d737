//! The wasm host of jcode-session: the same core, for browsers and Node.
//!
//! Owns: the package's API (`jcode_session_wasm.d.ts` is its contract): [`inspect`] answers, [`js`] speaks
//! JavaScript.
//! Invariant: the reports are those of the command line, made by the same core; nothing is written or sent anywhere.
//! Does not: decide anything about logs. Without the feature `sidecar` it knows no SQLite.

mod beside;
pub mod error;
pub mod inspect;
pub mod js;
mod segments;
