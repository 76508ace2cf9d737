//! The wasm host of jcode-session: the same core, for browsers and Node. Without the feature `sidecar` it has no
//! SQLite.
//!
//! Owns: the API of the package, whose contract is `jcode_session_wasm.d.ts`. [`inspect`] answers questions, and [`js`]
//! maps them to JavaScript.
//! Invariant: reports equal those of the command line, because the same core makes them. Nothing is written or sent
//! anywhere.

mod beside;
pub mod error;
pub mod inspect;
pub mod js;
mod segments;
