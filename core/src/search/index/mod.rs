//! The search index: which blocks of a log may hold a text.
//!
//! Owns: what is noted of a block (`grams`), what a search needs of one (`need`), and the form of a segment, in which the
//! blocks of many logs are listed (`segment`, `lists`).
//! Invariant: a block that is passed over holds no line that a scan would find, no edit, and no call that is asked for.
//! The rest is the scan's to decide, from the log's own bytes. Bytes that are no index give no answer.
//! Does not: open files, or say which logs are as they were indexed; see [`Piece`] for what a host compares.
//! If you change what is noted or how, then change `segment::FORMAT` and section 10.1 of `docs/format.md`.
//!
//! Three bytes in a row, ASCII letters folded, are a gram. A text of which a gram is not in a block stands in none of the
//! lines that begin there, unless one of its characters is escaped that need not be: such escapes are noted by
//! themselves.

mod grams;
mod lists;
mod need;
mod segment;

pub use grams::{BLOCK, BlockGrams, blocks_in};
pub use lists::Blocks;
pub(super) use need::Forms;
pub use need::Need;
pub use segment::{Piece, Segment, SegmentBuilder};
