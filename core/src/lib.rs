//! The core of jcode-session, without input or output.
//!
//! A session of a coding agent is an append-only JSONL log. A disposable SQLite sidecar beside it makes it quick to
//! open. This crate makes every decision about both, over bytes that hosts provide. It is `no_std`, so it cannot name
//! files, clocks, threads or the environment.
//!
//! Data flows one way: bytes ([`source`]) -> records ([`log`]) -> rows and tree ([`index`]) -> findings
//! ([`verify`]) and reports ([`report`]). [`dialect`] presents a log of an older dialect in the current one,
//! [`session`] answers questions about one session, [`search`] finds entries by their text, and [`archive`] keeps the
//! sessions of many machines in one store.
//!
//! ```
//! use jcode_session_core::index::IndexBuilder;
//! use jcode_session_core::log::{LogScan, scan_source};
//! use jcode_session_core::source::SliceSource;
//! use core::ops::ControlFlow;
//!
//! let log = br#"{"type":"session","version":3,"id":"s","timestamp":"2026-01-01T00:00:00Z","cwd":"/"}
//! {"type":"message","id":"a","parentId":null,"timestamp":"2026-01-01T00:00:01Z","message":{"role":"user"}}
//! {"type":"message","id":"b","parentId":"a","timestamp":"2026-01-01T00:00:02Z","message":{"role":"assistant"}}
//! "#;
//! let mut builder = IndexBuilder::new(());
//! scan_source(&SliceSource(log), 0..log.len() as u64, LogScan::new(), &mut builder, &mut |_| {
//!     ControlFlow::Continue(())
//! })?;
//! let tree = builder.finish().tree();
//! assert_eq!(tree.active_leaf.as_deref(), Some("b"));
//! assert_eq!(tree.leaves[0].depth, 2);
//! # Ok::<(), jcode_session_core::source::SourceError>(())
//! ```
#![no_std]
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing)]

extern crate alloc;

pub mod archive;
pub mod catalog;
pub mod dialect;
pub mod finding;
pub mod fleet;
pub mod index;
pub mod json;
pub mod log;
pub mod measure;
pub mod parts;
#[cfg(feature = "redact")]
pub mod redact;
pub mod report;
pub mod search;
pub mod segment;
pub mod session;
pub mod source;
pub mod storage;
pub mod store;
pub mod trajectory;
pub mod verify;
pub mod write;
