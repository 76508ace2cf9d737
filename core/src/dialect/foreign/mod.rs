//! What dialects of other agents share: one pass over the records of a source, and the text of a log that shows them.
//!
//! Owns: how a source's lines are read, broken ones too ([`records`]), how entries are written around pieces of the
//! source ([`text`]), the shapes that pi and jcode need of messages ([`message`]), and the ids of sessions and entries.
//! Invariant: the log is a function of the source's bytes alone, and what is copied stays in the source: memory follows
//! the number of records, not their bytes. Every entry says where in the source it comes from.
//! Does not: know any agent.

mod entry;
mod ids;
mod message;
mod records;
mod text;

pub(super) use entry::Entry;
pub(super) use ids::{EntryIds, session_id};
pub(super) use message::{Usage, arguments, image, text_block};
pub(super) use records::{Source, read_records};
pub(super) use text::{EntryHead, LogHeader, LogText, Place};
