//! Sessions as rows of four tables, for engines that ask questions over many machines.
//!
//! Owns: the tables and their columns, and what stands in them of a session. Columns are only ever added.
//! Invariant: rows are a function of the session's log, its summary and the choice of texts alone: the same log gives the
//! same rows, and they come in log order. Times are UTC, in milliseconds; what a log does not say is null. Does not: write files; see the feature
//! `parquet` of `jcode-session-object`.

mod calls;
mod place;
mod rows;
mod said;
mod table;

pub use place::{AsTheyAre, Texts, Words, day_of};
pub use rows::{Facts, rows_of};
pub use table::{Cell, Column, Kind, TABLES, Table, Tables, Values};
