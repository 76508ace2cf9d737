//! The SQL that reads and writes sidecars, over any connection: files here, memory in the wasm host.
//!
//! Owns: statements and their mapping to core's rows. The schema's text is core's.
//! Invariant: file-free; compiles without the feature `files`.
//! Does not: open, lock or replace sidecars.

mod cursor;
mod indexes;
mod load;
mod locate;
mod meta;
mod read;
mod schema;
mod verdict;
mod verify;
mod write;

pub use cursor::RowCursor;
pub use load::{BulkLoad, create_schema};
pub use meta::{read_meta, write_meta};
pub use read::{ReadError, SidecarReader, StoredEntry, is_locked};
pub use schema::holds_only;
pub use verdict::Sidecar;
pub use verify::{Beside, Compared, difference, verify};
pub use write::SqlStore;
