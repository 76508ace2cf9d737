//! The SQL that reads and writes sidecars, over any connection: to a file here, to memory in the wasm host.
//!
//! If you change which columns these statements use, then change `index/schema` in core too, raise its
//! `SCHEMA_VERSION`, and update section 4 of `docs/format.md`.
//!
//! Owns: the statements, and the mapping between SQL rows and core's rows. Core owns the text of the schema.
//! Invariant: nothing here touches files, so it compiles without the feature `files`.

mod cursor;
mod indexes;
mod locate;
mod meta;
mod read;
mod schema;
mod verdict;
mod verify;
mod write;

pub use cursor::RowCursor;
pub use meta::{read_meta, write_meta};
pub use read::{ReadError, SidecarReader, StoredEntry, is_locked};
pub use schema::holds_only;
pub use verdict::Sidecar;
pub use verify::{Beside, Compared, difference, verify};
pub use write::SqlStore;
