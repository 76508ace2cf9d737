//! What a scan tells: each record and damage as it comes, and in the end where it stopped.
//!
//! Owns: the calls and their order. Invariant: file order; what belongs to a record comes before it.
//! Does not: scan.

use super::{Damage, Record};
use core::ops::ControlFlow;

/// Receives what a scan finds, in file order. Returning `Break` stops the scan.
pub trait LogSink {
    /// A record that another program put before the header; it is no entry.
    fn before_header(&mut self, _record: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
    /// The header, before all entries.
    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()>;
    /// An entry.
    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()>;
    /// A damage. One that belongs to an entry comes before that entry.
    fn damage(&mut self, damage: Damage) -> ControlFlow<()>;
}

impl LogSink for () {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn damage(&mut self, _: Damage) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// Two sinks over one scan; the first one sees everything first.
pub struct Tee<'s>(pub &'s mut dyn LogSink, pub &'s mut dyn LogSink);

impl core::fmt::Debug for Tee<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Tee").finish_non_exhaustive()
    }
}

impl LogSink for Tee<'_> {
    fn before_header(&mut self, record: &Record<'_>) -> ControlFlow<()> {
        self.0.before_header(record)?;
        self.1.before_header(record)
    }

    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()> {
        self.0.header(header)?;
        self.1.header(header)
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        self.0.entry(entry)?;
        self.1.entry(entry)
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        self.0.damage(damage)?;
        self.1.damage(damage)
    }
}

/// Where a finished scan ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanEnd {
    /// Bytes scanned.
    pub len: u64,
    /// What the last line is, if it has no LF.
    pub open_line: OpenLine,
    /// From where a later scan goes on when the log has grown: behind the last LF, or, with
    /// [`OpenLine::Whole`], at `len`, where the missing LF must then stand.
    pub resume_at: u64,
    /// Lines that end before `resume_at`; a line without LF has not ended.
    pub lines: u64,
    /// The header was seen, or an entry: no later record is the header.
    pub record_seen: bool,
    /// Records were taken for entries before which the header of a grown log may no longer take them for such: it must
    /// be scanned anew.
    pub held: bool,
    /// Damages that were reported for the open line or for a missing header: a grown log may no longer have them.
    pub unsettled: u64,
}

/// What stands behind the last LF of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenLine {
    /// Nothing.
    None,
    /// A whole record that lacks only its LF.
    Whole,
    /// Bytes that gave no record.
    Torn,
    /// Bytes from which records were salvaged: a grown log must be scanned anew.
    Salvaged,
}
