//! The report of `export --format parquet`.
//!
//! Owns: its fields.
//! Invariant: those of [`super`].

use super::VERSION;
use alloc::string::String;
use alloc::vec::Vec;
use serde::Serialize;

/// `export --format parquet --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParquetReport {
    schema: &'static str,
    version: u32,
    /// The machine, as folders are named after it.
    pub machine: String,
    /// The days on which sessions of this machine began, in order.
    pub days: Vec<ParquetDay>,
}

/// One day in `export --format parquet --json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParquetDay {
    /// The day, as in the names of folders.
    pub session_date: String,
    /// Its sessions.
    pub sessions: u64,
    /// Rows that were written, in all tables.
    pub rows: u64,
    /// Its files were written; else they were up to date.
    pub written: bool,
}

impl ParquetReport {
    /// A report without days.
    #[must_use]
    pub const fn new(machine: String) -> Self {
        Self { schema: "jcode-session.parquet", version: VERSION, machine, days: Vec::new() }
    }
}
