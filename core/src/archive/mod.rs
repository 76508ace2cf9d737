//! The archive: sessions of many machines in one store of immutable objects.
//!
//! Owns: the layout of section 12 of `docs/format.md`: names ([`name`]), states ([`State`]), pieces ([`Chain`]), commits
//! ([`Commit`], [`Line`]), what a push puts ([`plan`]), what its answers mean ([`PutOnce`], [`judge`]), and how two
//! histories of one session relate ([`relate`]).
//! Invariant: an object is only ever created, never changed; its name or its chain says what it must hold. So nothing
//! that a store answers, late, twice or wrongly, can mix two histories or replace one.
//! Does not: name a store or a file; hosts put, get and list.

mod chain;
mod commit;
mod line;
mod marker;
mod memory;
pub mod name;
mod pack;
mod plan;
mod pull;
mod put;
mod relation;
mod source;
mod state;
mod take;

pub use chain::{Chain, Piece};
pub use commit::{Aside, Commit, CommitError, Origin, SessionHead, is_path, is_place};
pub use line::{Line, LineError, Mark};
pub use marker::{Marker, MarkerError};
pub use memory::{Memory, Own, judge};
pub use pack::{pack, packed_limit, unpack};
pub use plan::{LARGEST, Planned, cuts, plan, whole_lines};
pub use pull::{Choice, Pull, choose, decide};
pub use put::{Answer, PutOnce, Step};
pub use relation::{Relation, Side, Tip, relate};
pub use source::{ChainSource, Pieces, Stored};
pub use state::{BLOCK, Digest, FileHasher, State, StateHasher};
pub use take::{digest_of, take};
