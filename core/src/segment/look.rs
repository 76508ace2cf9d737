//! Which layout is in force.
//!
//! Owns: the decision. Invariant: pure; a manifest that is lost, or does not know the log, costs no byte: segments
//! that join up behind the header are shown, unless the log itself holds what they hold.
//! Does not: write or remove anything.

use super::layout::{Layout, Segment};
use super::manifest::{Manifest, State};
use super::reader::{Archive, Reader};
use crate::source::{ByteSource, SourceError};
use alloc::string::String;
use alloc::vec::Vec;

/// Why a layout is a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// There is no manifest that can be read: the segments were put together by their names.
    NoManifest,
    /// The log's own file does not begin as the manifest says.
    OtherLog,
}

/// How a log stands.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The segments that belong to it; `None`: it is one plain file.
    pub layout: Option<Layout>,
    /// Bytes of the log's own file by which that was told.
    pub witness_len: u64,
    /// Why it is a guess, if it is one.
    pub doubt: Option<Doubt>,
    /// The manifest, if it can be read.
    pub manifest: Option<Manifest>,
    /// Which of the manifest's states that is, where the log's own file tells.
    pub told: Option<Told>,
}

/// A state that a manifest knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The one before its change, which went no further than the manifest.
    Before,
    /// The one after it.
    After,
}

/// Decides. `names`: of the files in `segments/`; `manifest`: what is in it; `own`: the log's own file, empty if
/// there is none.
///
/// # Errors
/// If the log or a segment cannot be read.
pub fn look<A: Archive>(
    names: &[String],
    manifest: Option<&[u8]>,
    own: &(impl ByteSource + ?Sized),
    archive: A,
) -> Result<View, SourceError> {
    let Some(manifest) = manifest.and_then(Manifest::read) else {
        return guess(by_names(names), Doubt::NoManifest, own, archive);
    };
    let begins = |state: &State| state.witness.begins(own);
    let (after, before) = (begins(&manifest.after)?, begins(&manifest.before)?);
    // Where one begins with the other, the longer one is what the file is.
    let is_after = after && (!before || manifest.after.witness.len >= manifest.before.witness.len);
    let (state, told) = if is_after { (&manifest.after, Told::After) } else { (&manifest.before, Told::Before) };
    if !after && !before {
        let layout = manifest.layout(&manifest.after);
        return Ok(View { manifest: Some(manifest), ..guess(layout, Doubt::OtherLog, own, archive)? });
    }
    let (layout, witness_len) = (manifest.layout(state), state.witness.len);
    if let Some(layout) = &layout
        && !has_header(own, layout.header_len())?
    {
        return Ok(View { manifest: Some(manifest), ..View::default() });
    }
    Ok(View { layout, witness_len, doubt: None, manifest: Some(manifest), told: Some(told) })
}

/// The log holds itself what the segments hold, or they belong to it.
fn guess<A: Archive>(
    layout: Option<Layout>,
    doubt: Doubt,
    own: &(impl ByteSource + ?Sized),
    archive: A,
) -> Result<View, SourceError> {
    let Some((layout, first)) =
        layout.and_then(|layout| layout.segments().first().cloned().map(|first| (layout, first)))
    else {
        return Ok(View::default());
    };
    let header = first.from;
    if !has_header(own, header)? {
        return Ok(View::default());
    }
    let take = usize::try_from((own.len() - header).min(first.len).min(4096)).unwrap_or_default();
    let mut sealed = alloc::vec![0; take];
    let there = Reader::new(archive).read(&first, 0, &mut sealed)?;
    if take > 0 && there && own.read_vec(header, take)? == sealed {
        return Ok(View::default());
    }
    Ok(View { layout: Some(layout), witness_len: own.len(), doubt: Some(doubt), ..View::default() })
}

/// A line of the log's own file ends where its segments begin: what does not have that is another log.
fn has_header(own: &(impl ByteSource + ?Sized), len: u64) -> Result<bool, SourceError> {
    Ok(len > 0 && own.len() >= len && own.read_vec(len - 1, 1)? == b"\n")
}

/// The segments that the names of their files tell, as far as they join up.
fn by_names(names: &[String]) -> Option<Layout> {
    let mut found: Vec<Segment> = names.iter().filter_map(|name| Segment::parse(name)).collect();
    found.sort_unstable_by_key(|segment| (segment.from, core::cmp::Reverse(segment.len)));
    let mut joined: Vec<Segment> = Vec::new();
    for segment in found {
        if joined.last().is_none_or(|last| last.end() == segment.from) && segment.len > 0 {
            joined.push(segment);
        }
    }
    Layout::new(joined)
}
