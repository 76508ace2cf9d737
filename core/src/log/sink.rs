//! The receiver of a scan: gets each record and damage in file order; [`ScanEnd`] says where the scan stopped.
//!
//! Owns: the calls and their order.
//! Invariant: calls come in file order; a damage of a record comes before the record.

use super::{Damage, Record};
use core::ops::ControlFlow;

/// Receives the records and damages of a scan, in file order. `Break` stops the scan.
pub trait LogSink {
    /// A record of another program before the header; it is no entry.
    fn before_header(&mut self, _record: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
    /// The header, before all entries.
    fn header(&mut self, header: &Record<'_>) -> ControlFlow<()>;
    /// An entry.
    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()>;
    /// A damage. A damage of an entry comes before the entry.
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

/// Two sinks on one scan; the first sink gets each call first.
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
    /// Classification of the last line, if it has no LF.
    pub open_line: OpenLine,
    /// Where a later scan resumes when the log has grown: behind the last LF, or, for [`OpenLine::Whole`], at `len`,
    /// where the missing LF must then stand.
    pub resume_at: u64,
    /// Lines that end before `resume_at`. A line without LF has not ended.
    pub lines: u64,
    /// The header or an entry was seen, so no later record is the header.
    pub record_seen: bool,
    /// Held records were taken for entries because no header followed. A grown log may have one, so it must be scanned
    /// anew.
    pub held: bool,
    /// Damages reported for the open line or for a missing header, which a grown log may no longer have.
    pub unsettled: u64,
}

/// The bytes behind the last LF of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenLine {
    /// Nothing.
    None,
    /// A whole record that lacks only its LF.
    Whole,
    /// Bytes without a record.
    Torn,
    /// Bytes with salvaged records: a grown log must be scanned anew.
    Salvaged,
}
