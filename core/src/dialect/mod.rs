//! Upgrade: a log of an older dialect as one of the current, without copying what stays the same.
//!
//! Owns: what each older dialect becomes (docs/format.md, section 3). The result is a [`Rope`]: `migrate` writes its
//! bytes to a file, readers read through it, and a dry run asks for its length; all three see the same bytes.
//! Invariant: a function of the input bytes alone. Upgrading what was upgraded changes nothing.
//! Does not: write, or touch payloads beyond the fields that the dialect renames.

mod check;
pub(crate) mod ids;
pub mod jcode;
mod lines;
pub(crate) mod splice;

use crate::finding::Finding;
use crate::log::{Dialect, Header, LogScan, LogSink, Record, ScanEnd, scan_until};
use crate::source::{ByteSource, Rope, SourceError};
use alloc::vec::Vec;
use core::ops::{ControlFlow, Range};

pub use check::{CheckError, check_upgrade};
pub use ids::IdMaker;
use lines::upgrade_lines;
pub use splice::field;

/// What the start of a JSONL log says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detected {
    /// The header, if the first record is one.
    pub header: Option<Header>,
    /// The dialect; without a header, the current one.
    pub dialect: Dialect,
}

/// A log in the current dialect: as it stands, or spliced.
#[derive(Debug)]
pub enum CurrentLog<S> {
    /// It is of the current dialect already.
    AsIs(S),
    /// It was spliced.
    Upgraded(Rope<S>),
    /// It was replayed from jcode's v1 files.
    Replayed(jcode::V1Log<S>),
}

impl<S: ByteSource> CurrentLog<S> {
    /// The log as it stands, if it is of the current dialect.
    pub const fn as_is(&self) -> Option<&S> {
        match self {
            Self::AsIs(source) => Some(source),
            Self::Upgraded(_) | Self::Replayed(_) => None,
        }
    }

    /// The place in the file from which the byte at `offset` comes.
    pub fn origin(&self, offset: u64) -> u64 {
        match self {
            Self::AsIs(_) => offset,
            Self::Upgraded(rope) => rope.origin(offset).map_or(offset, |(_, at)| at),
            Self::Replayed(log) => log.origin(offset).map_or(offset, |(_, at)| at),
        }
    }

    /// Findings about the log as presented, as findings about the file that the user has.
    #[must_use]
    pub fn at_origin(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        for finding in &mut findings {
            finding.byte_offset = finding.byte_offset.map(|offset| self.origin(offset));
        }
        findings
    }
}

impl<S: ByteSource> ByteSource for CurrentLog<S> {
    fn len(&self) -> u64 {
        match self {
            Self::AsIs(source) => source.len(),
            Self::Upgraded(rope) => rope.len(),
            Self::Replayed(log) => log.len(),
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        match self {
            Self::AsIs(source) => source.read_at(offset, buffer),
            Self::Upgraded(rope) => rope.read_at(offset, buffer),
            Self::Replayed(log) => log.read_at(offset, buffer),
        }
    }

    fn view(&self) -> Option<&[u8]> {
        match self {
            Self::AsIs(source) => source.view(),
            Self::Upgraded(_) | Self::Replayed(_) => None,
        }
    }

    fn lost_at(&self, offset: u64) -> Result<Option<Range<u64>>, SourceError> {
        match self {
            Self::AsIs(source) => source.lost_at(offset),
            Self::Upgraded(_) | Self::Replayed(_) => Ok(None),
        }
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        match self {
            Self::AsIs(source) => source.still_whole(),
            Self::Upgraded(rope) => rope.still_whole(),
            Self::Replayed(log) => log.still_whole(),
        }
    }
}

/// Presents a JSONL log as the current dialect.
///
/// # Errors
/// If the source cannot be read, or `tick` interrupts.
pub fn present<S: ByteSource>(
    source: S,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<(Detected, CurrentLog<S>), SourceError> {
    let detected = first_record(&source, tick)?;
    let presented = match detected.dialect {
        Dialect::TreeV3 | Dialect::JcodeV1 => CurrentLog::AsIs(source),
        dialect @ (Dialect::TreeV2 | Dialect::LinearV1) => {
            CurrentLog::Upgraded(upgrade_lines(source, dialect, detected.header.as_ref(), tick)?)
        }
    };
    Ok((detected, presented))
}

/// Reads the first record of a log, and no more.
///
/// # Errors
/// If the source cannot be read.
pub fn detect(source: &(impl ByteSource + ?Sized)) -> Result<Detected, SourceError> {
    first_record(source, &mut |_| ControlFlow::Continue(()))
}

fn first_record(
    source: &(impl ByteSource + ?Sized),
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Detected, SourceError> {
    let scanned = match source.view() {
        Some(_) => scan_until(source, 0..source.len(), LogScan::new(), &mut First, tick)?,
        None => in_growing_pieces(source, tick)?,
    };
    let header = scanned.break_value().flatten();
    let dialect = header.as_ref().map_or(Dialect::TreeV3, Header::dialect);
    Ok(Detected { header, dialect })
}

/// Scans with reads that start small: the first record is the header, and headers are short.
fn in_growing_pieces(
    source: &(impl ByteSource + ?Sized),
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<ControlFlow<Option<Header>, ScanEnd>, SourceError> {
    let mut scan = LogScan::new();
    let mut at = 0;
    let mut step: u64 = 4096;
    while at < source.len() {
        let lost = source.lost_at(at)?.map_or(0, |lost| lost.end.min(source.len()) - at);
        let take = if lost > 0 { lost } else { step.min(source.len() - at) };
        let flow = if lost > 0 {
            scan.push_lost(lost, &mut First)
        } else {
            let piece = source.read_vec(at, usize::try_from(take).unwrap_or_default())?;
            scan.push(&piece, &mut First)
        };
        if let ControlFlow::Break(header) = flow {
            return Ok(ControlFlow::Break(header));
        }
        if tick(take).is_break() {
            return Err(SourceError::Interrupted);
        }
        at += take;
        step = (step * 4).min(1 << 20);
    }
    Ok(scan.finish(&mut First))
}

/// Stops at the first record; inside: the header, if that record is one.
struct First;

impl LogSink for First {
    type Break = Option<Header>;

    fn header(&mut self, header: &Record<'_>) -> ControlFlow<Self::Break> {
        ControlFlow::Break(Some(Header::read(header)))
    }

    fn entry(&mut self, _: &Record<'_>) -> ControlFlow<Self::Break> {
        ControlFlow::Break(None)
    }
}
