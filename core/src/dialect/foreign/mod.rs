//! What dialects of other agents share: one pass over the records of a source, and the text of a log that shows them.
//!
//! Owns: how an agent's files are told ([`agent`]), how a source's lines are read, broken ones too ([`records`]), how entries are written around pieces of the
//! source ([`text`]), the shapes that pi and jcode need of messages ([`message`], [`blocks`]), and the ids of sessions and
//! entries. Of agents that keep a message in one record also which entries there are ([`conversation`], [`outline`],
//! [`pairs`]) and their text ([`voice`], [`parts`]).
//! Invariant: the log is a function of the source's bytes alone, and what is copied stays in the source: memory follows
//! the number of records, not their bytes. Every entry says where in the source it comes from.
//! Does not: know any agent.

mod agent;
mod blocks;
mod conversation;
mod entry;
mod ids;
mod message;
mod outline;
mod pairs;
mod parts;
mod records;
mod text;
mod voice;

pub(super) use agent::AgentDialect;
pub(super) use blocks::{Blocks, texts};
pub(super) use conversation::{Fact, Facts, Follows, Kind};
pub(super) use entry::Entry;
pub(super) use ids::EntryIds;
pub(crate) use ids::session_id;
pub(super) use message::{Usage, arguments, image, picture_in, text_block};
pub(super) use outline::{Origin, Outline, Show, Span};
pub(super) use pairs::{Call, Name, name};
pub(super) use parts::{ContentPart, content_parts};
pub(super) use records::{Source, read_records};
pub(super) use text::{EntryHead, LogHeader, LogText, Place};
pub(super) use voice::{Outcome, Voice, log_of};
