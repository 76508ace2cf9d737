//! The index: from records to rows, the tree they form, and what of it a sidecar stores.
//!
//! Owns: keys, parents, depths, markers, labels and branch names; the sidecar's schema; when a sidecar is fresh.
//! Invariant: the rows are a function of the log's bytes. A full build and any sequence of catch-ups give the same.
//! Does not: touch SQLite; hosts store rows through [`store::IndexStore`] and [`row::RowSink`].

mod builder;
mod check;
mod counts;
pub mod grow;
mod ids;
mod labels;
mod links;
mod names;
pub mod peek;
pub mod row;
pub mod schema;
pub mod store;
mod tree;

pub use builder::{Built, IndexBuilder};
pub use check::TreeCheck;
pub use counts::Counts;
pub use tree::{BranchPoint, Label, Leaf, Tree};
