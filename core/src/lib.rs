//! The pure core of jcode-session.
//!
//! A session of a coding agent is an append-only JSONL log; a disposable SQLite sidecar makes it quick to open.
//! Everything that must be decided about either is decided here, over bytes that hosts provide: this crate is
//! `no_std`, so files, clocks, threads and the environment cannot even be named.
//!
//! Data flows one way: bytes ([`source`]) -> records ([`log`]) -> rows and tree ([`index`]) -> findings
//! ([`verify`]) and reports ([`report`]). [`dialect`] shows a log of an older dialect as one of the current,
//! [`session`] answers questions about one, and [`search`] finds entries by their text.
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

pub mod catalog;
pub mod dialect;
pub mod finding;
pub mod index;
pub mod json;
pub mod log;
pub mod parts;
pub mod report;
pub mod search;
pub mod segment;
pub mod session;
pub mod source;
pub mod storage;
pub mod store;
pub mod verify;
pub mod write;
