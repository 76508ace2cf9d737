//! What is wrong with the segments of a log.
//!
//! Owns: the findings and their words. Invariant: each names the file, the bytes of the log and the cure.
//! Does not: look at lines; what a lost range leaves reads as blank ones.

use super::layout::{Form, Layout, Segment};
use super::look::Doubt;
use super::pack::{digest, path};
use super::reader::{Archive, Reader};
use crate::finding::{Code, Finding};
use crate::source::SourceError;
use alloc::format;
use alloc::vec::Vec;

/// How closely segments are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Names, lengths and tables.
    Glance,
    /// Every byte.
    Full,
}

/// What is wrong with the segments of a layout.
///
/// # Errors
/// If a file is there and cannot be read.
pub fn check<A: Archive>(
    layout: &Layout,
    doubt: Option<Doubt>,
    archive: A,
    depth: Depth,
) -> Result<Vec<Finding>, SourceError> {
    let mut findings: Vec<Finding> = doubt.into_iter().map(doubtful).collect();
    let mut reader = Reader::new(archive);
    for segment in layout.segments() {
        let wrong = match reader.trouble(segment)? {
            Some(trouble) => Some(trouble),
            None if depth == Depth::Full => differs(&mut reader, segment)?,
            None => None,
        };
        findings.extend(wrong.map(|wrong| damaged(segment, reader.form(), wrong)));
    }
    Ok(findings)
}

/// What is wrong with the bytes of a segment.
pub(super) fn differs<A: Archive>(
    reader: &mut Reader<A>,
    segment: &Segment,
) -> Result<Option<&'static str>, SourceError> {
    Ok(match digest(reader, segment)? {
        None => Some("has blocks that cannot be decompressed, which read as blank lines"),
        Some(found) if segment.digest.is_empty() || found == segment.digest => None,
        Some(_) => Some("does not hold the bytes that were sealed"),
    })
}

fn damaged(segment: &Segment, form: Form, wrong: &str) -> Finding {
    let words = format!(
        "{} {wrong}: bytes {}..{} of the log are lost or changed, all others are read; put the file back from a copy, \
         or `repair` rewrites the log from what is left",
        path(segment, form),
        segment.from,
        segment.end()
    );
    Finding { byte_offset: Some(segment.from), ..Finding::new(Code::SegmentDamaged) }.say(words)
}

fn doubtful(doubt: Doubt) -> Finding {
    Finding::new(Code::SegmentDamaged).say(match doubt {
        Doubt::NoManifest => {
            "segments/manifest.json is missing or cannot be read; the segments are put together by their names, `seal` \
             writes it anew"
        }
        Doubt::OtherLog => {
            "the log's own file does not begin as segments/manifest.json says; the segments are taken to belong to it, \
             look at the log's first entries, then `seal` writes the manifest anew"
        }
    })
}
