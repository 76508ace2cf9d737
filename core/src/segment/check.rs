//! Findings about the segments of a log.
//!
//! Owns: the comparison of a segment with its digest, and the findings with their messages.
//! Invariant: each finding about a segment names the file, the bytes of the log and the cure.

use super::in_force::Uncertainty;
use super::layout::Layout;
use super::range::{Form, Segment};
use super::reader::{Archive, Reader};
use crate::finding::{Code, Finding};
use crate::source::{PIECE, SourceError};
use crate::store::ledger::digest_hex;
use alloc::format;
use alloc::vec::Vec;

/// How thoroughly segments are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Names, lengths and tables of frames.
    Glance,
    /// Every byte.
    Full,
}

/// The findings about the segments of a layout, and about the layout's uncertainty.
///
/// # Errors
/// Fails if an existing file cannot be read.
pub(super) fn check(
    layout: Option<&Layout>,
    uncertainty: Option<Uncertainty>,
    archive: &impl Archive,
    depth: Depth,
) -> Result<Vec<Finding>, SourceError> {
    let mut findings: Vec<Finding> =
        uncertainty.into_iter().map(|uncertainty| uncertain(uncertainty, layout.is_some())).collect();
    for segment in layout.map_or(&[][..], Layout::segments) {
        findings.extend(trouble(archive, segment, depth, None)?.map(|(form, wrong)| damaged(segment, form, wrong)));
    }
    Ok(findings)
}

/// The damage of a segment, with the form in which it is stored. `form`: check this form only.
pub(super) fn trouble(
    archive: &impl Archive,
    segment: &Segment,
    depth: Depth,
    form: Option<Form>,
) -> Result<Option<(Form, &'static str)>, SourceError> {
    let mut reader = form.map_or_else(Reader::default, Reader::only);
    let wrong = match reader.trouble(archive, segment)? {
        None if depth == Depth::Full => differs(&mut reader, archive, segment)?,
        wrong => wrong,
    };
    Ok(wrong.map(|wrong| (reader.form(), wrong)))
}

fn differs<A: Archive>(
    reader: &mut Reader<A::File>,
    archive: &A,
    segment: &Segment,
) -> Result<Option<&'static str>, SourceError> {
    let mut hasher = blake3::Hasher::new();
    let mut window = alloc::vec![0; usize::try_from(PIECE.min(segment.len)).unwrap_or_default()];
    let mut at = 0;
    while at < segment.len {
        let take = usize::try_from((segment.len - at).min(PIECE)).unwrap_or_default();
        let part = window.get_mut(..take).unwrap_or_default();
        if !reader.read(archive, segment, at, part)? {
            return Ok(Some("has blocks that cannot be decompressed, which read as blank lines"));
        }
        hasher.update(part);
        at += take as u64;
    }
    let is_right = segment.digest.is_empty() || segment.digest == digest_hex(&hasher.finalize());
    Ok((!is_right).then_some("does not hold the bytes that were sealed"))
}

fn damaged(segment: &Segment, form: Form, wrong: &str) -> Finding {
    let words = format!(
        "{} {wrong}: bytes {}..{} of the log are lost or changed, all others are read; put the file back from a copy, \
         or `repair` rewrites the log from what is left",
        segment.path(form),
        segment.from,
        segment.end()
    );
    Finding { byte_offset: Some(segment.from), ..Finding::new(Code::SegmentDamaged) }.say(words)
}

fn uncertain(uncertainty: Uncertainty, are_shown: bool) -> Finding {
    Finding::new(Code::SegmentDamaged).say(match (uncertainty, are_shown) {
        (Uncertainty::NoManifest, false) => {
            "segments/manifest.json is missing or cannot be read, and no segment counts that it does not name: older \
             lines of the log may stand in the files beside it; put it back from a copy, or `repair` rewrites the log \
             with what belongs to it by the names of the files"
        }
        (Uncertainty::NoManifest, true) => {
            "segments/manifest.json is missing or cannot be read; the segments are taken by the names of their files"
        }
        (Uncertainty::OtherLog, true) => {
            "the log's own file does not begin as segments/manifest.json says; the segments are taken to belong to it, \
             look at the log's first entries, then `repair` rewrites the log as it is shown"
        }
        (Uncertainty::OtherLog, false) => {
            "the log's own file does not begin as segments/manifest.json says, and its header does not end where the \
             segments begin, so that they do not count: put the file back from a copy, or `repair` sets them aside"
        }
    })
}
