//! Search: entries whose text holds what is asked for.
//!
//! Owns: what of an entry is text (`text`), what matches (`query`), which lines need not be decoded (`sieve`), and what
//! an entry reads as once edits and branches are taken into account (`gather`).
//! Invariant: an entry is found if and only if its decoded text matches. How it is escaped, how a log is cut into runs,
//! by which thread a run is searched and in which order, changes no answer.
//! Does not: open sessions, or choose among them.
//!
//! A host searches runs of lines on all cores ([`Search::lines`], cut by [`lines_in`]), hands the parts of each log to
//! a [`Gather`], from the last to the first, and puts what comes out in order ([`newest_first`]).

mod case;
mod content;
mod gather;
pub mod index;
mod judge;
mod known;
mod literal;
mod order;
#[cfg(feature = "regex")]
mod pattern;
mod query;
mod rank;
mod runs;
mod scan;
mod sieve;
mod snippet;
mod text;
mod within;

pub use case::Case;
pub use gather::Gather;
pub use judge::{Filter, Found};
pub use known::Known;
pub use order::newest_first;
pub use query::{Query, QueryError};
pub use rank::{Weight, mean_len, relevance};
pub use runs::lines_in;
pub use scan::{Part, Search};
pub use text::{Field, Texts, texts};
pub use within::{Slice, may_be_within, search_session};
