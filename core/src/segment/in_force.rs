//! Which layout is in force.
//!
//! Owns: the decision. Invariant: only segments that the manifest names count, and only if the log's own file begins as
//! the manifest says. Where it begins otherwise, they count unless it holds their bytes itself, and that is uncertain.
//! Does not: write or remove anything.

use super::layout::Layout;
use super::manifest::{self, MAX_MANIFEST, Manifest, State};
use super::range::Segment;
use super::reader::Archive;
use crate::source::{ByteSource, SourceError};
use alloc::string::String;
use alloc::vec::Vec;

/// Which of a manifest's two layouts the log has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InForce {
    /// The one before its change, which went no further than the manifest and new segments.
    Before,
    /// The one after it.
    After,
    /// None: another program put a log in place that is one file.
    Neither,
}

/// Why it is not certain how the log stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncertainty {
    /// There is no manifest that can be read, and a file beside it may hold bytes that the log's own file lacks.
    NoManifest,
    /// The log's own file does not begin as the manifest says.
    OtherLog,
}

/// How a log stands.
#[derive(Debug, Clone, Default)]
pub struct Detected {
    /// The segments that belong to it; `None`: it is one plain file.
    pub layout: Option<Layout>,
    /// Why that is not certain.
    pub uncertainty: Option<Uncertainty>,
    /// Bytes of the log's own file by which the layout is told; those must stay.
    pub witness_len: u64,
    /// The manifest, if it can be read.
    pub manifest: Option<Manifest>,
    /// Which of its layouts that is; `None` if the log's own file does not tell.
    pub in_force: Option<InForce>,
}

impl Detected {
    /// The segments that are in force.
    pub(super) fn segments(&self) -> &[Segment] {
        self.layout.as_ref().map_or(&[], Layout::segments)
    }

    /// Length of the log whose own file has this length.
    pub(super) fn logical_len(&self, own_len: u64) -> u64 {
        self.layout.as_ref().map_or(own_len, |layout| layout.logical_len(own_len))
    }
}

/// Decides for the log whose own file is `own`, empty if there is none.
///
/// # Errors
/// If the log or a file beside it cannot be read.
pub(super) fn detect(own: &(impl ByteSource + ?Sized), archive: &impl Archive) -> Result<Detected, SourceError> {
    let names = archive.names()?;
    if names.is_empty() {
        return Ok(Detected::default());
    }
    let Some(manifest) = read_manifest(archive)? else {
        let lacks = match by_name(&names).first() {
            Some(first) => has_header(own, first)? && !holds(own, first, archive)?,
            None => false,
        };
        return Ok(Detected { uncertainty: lacks.then_some(Uncertainty::NoManifest), ..Detected::default() });
    };
    let begins = |state: &State| state.witness.begins(own);
    let (before, after) = (begins(&manifest.before)?, begins(&manifest.after)?);
    // Where one begins with the other, the longer one is what the file is.
    let is_after = after && (!before || manifest.after.witness.len >= manifest.before.witness.len);
    let (state, told) = match is_after {
        false if before => (&manifest.before, Some(InForce::Before)),
        _ => (&manifest.after, is_after.then_some(InForce::After)),
    };
    let layout = Layout::new(manifest.segments_of(state));
    let Some(first) = layout.as_ref().and_then(|layout| layout.segments().first()) else {
        return Ok(Detected {
            witness_len: state.witness.len,
            manifest: Some(manifest),
            in_force: told,
            ..Detected::default()
        });
    };
    let witness_len = told.map_or(own.len(), |_| state.witness.len);
    let in_force = if told.is_none() && holds(own, first, archive)? { Some(InForce::Neither) } else { told };
    let uncertainty = in_force.is_none().then_some(Uncertainty::OtherLog);
    let belongs = in_force != Some(InForce::Neither) && has_header(own, first)?;
    Ok(Detected { layout: layout.filter(|_| belongs), uncertainty, witness_len, manifest: Some(manifest), in_force })
}

fn read_manifest<A: Archive>(archive: &A) -> Result<Option<Manifest>, SourceError> {
    let file = match manifest::name() {
        Some(name) => archive.open(&name)?,
        None => None,
    };
    let Some(file) = file.filter(|file| file.len() <= MAX_MANIFEST) else { return Ok(None) };
    Ok(Manifest::read(&file.read_vec(0, usize::try_from(file.len()).unwrap_or_default())?))
}

/// The segments that names tell of, as far as they join up.
pub(super) fn by_name(names: &[String]) -> Vec<Segment> {
    let mut found: Vec<Segment> = names.iter().filter_map(|name| Segment::parse(name)).collect();
    found.sort_unstable_by_key(|segment| (segment.from, core::cmp::Reverse(segment.len)));
    let mut joined: Vec<Segment> = Vec::new();
    for segment in found {
        if joined.last().is_none_or(|last| last.end() == segment.from) && segment.len > 0 {
            joined.push(segment);
        }
    }
    joined
}

/// A line of the log's own file ends where the first segment begins: what does not have that is another log.
fn has_header(own: &(impl ByteSource + ?Sized), first: &Segment) -> Result<bool, SourceError> {
    Ok(first.from > 0 && own.len() >= first.from && own.read_vec(first.from - 1, 1)? == b"\n")
}

/// The log's own file holds itself what the segment does, as its start or its end tells.
fn holds(own: &(impl ByteSource + ?Sized), segment: &Segment, archive: &impl Archive) -> Result<bool, SourceError> {
    let take = segment.len.min(own.len().saturating_sub(segment.from)).min(4096);
    for at in [0, segment.len - take] {
        let mut sealed = alloc::vec![0; usize::try_from(take).unwrap_or_default()];
        if take > 0
            && own.len() - segment.from >= at + take
            && archive.with_reader(|reader| reader.read(archive, segment, at, &mut sealed))?
            && own.read_vec(segment.from + at, sealed.len())? == sealed
        {
            return Ok(true);
        }
    }
    Ok(false)
}
