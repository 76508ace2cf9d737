//! The branches beside the active path.
//!
//! Owns: their order, and which edits hold in them.
//! Invariant: each entry that is not on the active path is written once, in a run that ends in a leaf or a branch point. An
//! entry is shown as the edits on the path to the last leaf below it leave it, as `show --path` of that leaf does.

use super::blobs::Blobs;
use super::edited::Path;
use super::model::Message;
use super::{Branch, BranchWriter, WriteError};
use jcode_session_core::session::{Edits, Outline};
use jcode_session_native::session::{Session, SessionError};
use memchr::memmem;
use std::collections::{HashMap, HashSet};

/// Entries that are read at once.
const AT_ONCE: usize = 32;

/// Writes the runs beside the active path, in log order.
pub(super) fn write(
    session: &Session,
    blobs: &Blobs,
    labels: &HashMap<String, String>,
    writer: &mut dyn BranchWriter,
) -> Result<(), WriteError> {
    let outline = session.outline()?;
    let edits = edits(session, &outline)?;
    let active: HashSet<usize> = outline.up(outline.active).collect();
    let mut others: Vec<usize> = (0..outline.nodes.len()).filter(|at| !active.contains(at)).collect();
    others.sort_by_key(|&at| outline.nodes.get(at).and_then(|node| node.runs.first()).map(|run| run.start));
    for at in others {
        let Some(node) = outline.nodes.get(at) else { continue };
        let from = node.parent.and_then(|parent| outline.nodes.get(parent)).map(|parent| &*parent.id);
        writer.begin_branch(&Branch { from, name: node.name.as_deref(), entries: node.len() })?;
        let mut path = Path::new(edits_on(&outline, at, &edits));
        let numbers: Vec<u32> = node.runs.iter().cloned().flatten().collect();
        for numbers in numbers.chunks(AT_ONCE) {
            for entry in session.listed(numbers.iter().copied(), u64::MAX)? {
                let line = entry.line.unwrap_or_default();
                path.next(&blobs.resolved(&line), |message: &Message<'_>| {
                    writer.message(message, labels.get(&*message.id).map(String::as_str))
                })?;
            }
        }
        writer.end_branch()?;
    }
    Ok(())
}

/// The lines of the edits in each run. Most logs have none.
fn edits(session: &Session, outline: &Outline) -> Result<HashMap<usize, Vec<Vec<u8>>>, SessionError> {
    let kind = memmem::Finder::new("context_edit");
    let (mut found, mut number): (HashMap<usize, Vec<Vec<u8>>>, u32) = (HashMap::new(), 0);
    session.file_order(None, &mut |entry| {
        if kind.find(&entry.line).is_some()
            && let Some(run) = outline.node_of(number)
        {
            found.entry(run).or_default().push(entry.line);
        }
        number += 1;
    })?;
    Ok(found)
}

/// The edits on the path to the last leaf below a run.
fn edits_on(outline: &Outline, run: usize, edits: &HashMap<usize, Vec<Vec<u8>>>) -> Edits {
    if edits.is_empty() {
        return Edits::default();
    }
    let mut path: Vec<usize> = outline.up(outline.last_leaf_below(run)).collect();
    path.reverse();
    Edits::of(path.iter().filter_map(|at| edits.get(at)).flatten().map(Vec::as_slice))
}
