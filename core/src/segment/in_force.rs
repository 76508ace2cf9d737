//! Detection: which layout of a log is in force.
//!
//! If you change the decision, then change section 7.7 of `docs/format.md` and the crash tests first.
//!
//! Owns: that decision.
//! Invariant: only segments named by the manifest count, and only if the log's own file begins as the manifest says. If
//! it begins otherwise, they count unless the file itself holds their bytes, and the layout is then uncertain.

use super::layout::Layout;
use super::manifest::{self, MAX_MANIFEST, Manifest, State};
use super::range::Segment;
use super::reader::Archive;
use crate::source::{ByteSource, SourceError};
use alloc::string::String;
use alloc::vec::Vec;

/// Which of a manifest's two layouts is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InForce {
    /// The one before the change, which got no further than the manifest and new segments.
    Before,
    /// The one after the change.
    After,
    /// Neither: another program replaced the log by a single file.
    Neither,
}

/// Why the layout is uncertain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uncertainty {
    /// The manifest is missing or unreadable, and a file beside it may hold bytes that the log's own file lacks.
    NoManifest,
    /// The log's own file does not begin as the manifest says.
    OtherLog,
}

/// Result of the detection.
#[derive(Debug, Clone, Default)]
pub struct Detected {
    /// The layout; `None` if the log is one plain file.
    pub layout: Option<Layout>,
    /// Why the layout is uncertain, if it is.
    pub uncertainty: Option<Uncertainty>,
    /// Length of the witness: the first bytes of the log's own file, by which the layout is recognised and which must
    /// stay.
    pub witness_len: u64,
    /// The manifest, if it can be read.
    pub manifest: Option<Manifest>,
    /// Which of the manifest's layouts is in force; `None` if the log's own file does not show it.
    pub in_force: Option<InForce>,
}

impl Detected {
    /// The segments in force.
    pub(super) fn segments(&self) -> &[Segment] {
        self.layout.as_ref().map_or(&[], Layout::segments)
    }

    /// Length of the log, from the length of its own file.
    pub(super) fn logical_len(&self, own_len: u64) -> u64 {
        self.layout.as_ref().map_or(own_len, |layout| layout.logical_len(own_len))
    }
}

/// Detects the layout of the log whose own file is `own` (empty if there is none).
///
/// # Errors
/// Fails if the log or a file beside it cannot be read.
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
    // If one witness is a prefix of the other, the longer one decides.
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

/// The contiguous segments that the names of files describe.
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

/// True if a line of the log's own file ends where the first segment begins; otherwise it is another log.
fn has_header(own: &(impl ByteSource + ?Sized), first: &Segment) -> Result<bool, SourceError> {
    Ok(first.from > 0 && own.len() >= first.from && own.read_vec(first.from - 1, 1)? == b"\n")
}

/// True if the log's own file itself holds the segment's bytes, judged by the segment's start or end.
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
