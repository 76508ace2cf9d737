//! Transcripts for people: one reader of entries, and a writer for each form.
//!
//! If you change what is shown of an entry, then change `host-wasm/inspector/src/worker/show` too, the page's
//! counterpart of `read`. The tests of both use `tests/shown`.
//!
//! Owns: the way from an entry's line to terminal, Markdown and HTML.
//! Invariant: only `read` decides what an entry means; writers only decide how it looks. Every line gives a message:
//! what is not understood is shown as it stands. One entry is in memory at a time.

pub(crate) mod blobs;
mod branches;
mod diff;
pub(crate) mod edited;
mod fences;
mod head;
pub(crate) mod html;
mod json;
pub(crate) mod markdown;
pub(crate) mod model;
mod painted;
mod read;
pub(crate) mod terminal;
mod used;

use blobs::Blobs;
use head::Head;
use jcode_session_native::session::{Session, SessionError};
use model::Message;
use std::collections::HashMap;
use std::io;

/// A form of a transcript.
pub(crate) trait Writer {
    /// Writes the head, before the messages.
    fn begin(&mut self, head: &Head) -> io::Result<()>;
    /// Writes a message, and the label of its entry.
    fn message(&mut self, message: &Message<'_>, label: Option<&str>) -> io::Result<()>;
    /// This form, if it has the other branches too.
    fn with_branches(&mut self) -> Option<&mut dyn BranchWriter> {
        None
    }
    /// Writes the end, after the messages.
    fn end(&mut self) -> io::Result<()>;
}

/// A form that has the other branches behind the active path.
pub(crate) trait BranchWriter: Writer {
    /// Begins a run of entries that are not on the active path.
    fn begin_branch(&mut self, branch: &Branch<'_>) -> io::Result<()>;
    /// Ends it.
    fn end_branch(&mut self) -> io::Result<()>;
}

/// A run of entries from below a branch point to a leaf or the next branch point.
#[derive(Debug)]
pub(crate) struct Branch<'a> {
    /// The branch point above it.
    pub(crate) from: Option<&'a str>,
    /// Its name, if it ends in a leaf that has one.
    pub(crate) name: Option<&'a str>,
    /// Number of its entries.
    pub(crate) entries: u64,
}

/// Why a transcript was not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    /// The session cannot be read.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The output cannot be written.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// The caller stopped it.
    #[error("interrupted")]
    Interrupted,
}

/// Writes the active path of a session, and the other branches if the form has them, with what they refer to. Until
/// something is written, `stop` is asked; from then on the output may fail.
///
/// # Errors
/// Fails if the session cannot be read, the output cannot be written, or `stop` says so.
pub(crate) fn write(
    session: &Session,
    blobs: &Blobs,
    writer: &mut dyn Writer,
    stop: &dyn Fn() -> bool,
) -> Result<(), WriteError> {
    let ranges = session.path_ranges(None, None)?;
    let tree = session.tree()?.tree;
    let (head, edits) = Head::gather(session, &tree, &ranges, stop)?;
    writer.begin(&head)?;
    let mut path = edited::Path::new(edits);
    let labels: HashMap<String, String> = tree.labels.into_iter().map(|label| (label.entry_id, label.name)).collect();
    for range in ranges {
        let entry = session.entry_at(range)?;
        path.next(&blobs.resolved(&entry.line), |message| {
            writer.message(message, labels.get(&*message.id).map(String::as_str))
        })?;
    }
    if let Some(writer) = writer.with_branches().filter(|_| tree.leaves.len() > 1) {
        branches::write(session, blobs, &labels, writer)?;
    }
    writer.end()?;
    Ok(())
}
