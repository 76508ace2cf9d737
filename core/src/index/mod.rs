//! The index: rows from records, the tree that they form, and the part of it that a sidecar stores.
//!
//! Owns: keys, parents, depths, markers, labels and branch names, and the sidecar's schema and metadata.
//! Invariant: the rows are a function of the log's bytes. A full build and any sequence of catch-ups give the same.
//! Does not: touch SQLite; hosts store rows through [`store::IndexStore`] and [`row::RowSink`].

mod builder;
mod built;
pub mod catch_up;
mod counts;
mod entries;
mod ids;
pub mod image;
pub mod key;
mod labels;
mod links;
pub mod meta;
pub mod meta_from_pages;
pub mod meta_rows;
mod names;
pub mod row;
pub mod schema;
pub mod store;
mod tree;
mod tree_checksum;

pub use builder::IndexBuilder;
pub use built::Built;
pub use counts::{Counts, SaidCounts, Totals};
pub use tree::{BranchPoint, Label, Leaf, Tree};
pub use tree_checksum::TreeChecksum;
