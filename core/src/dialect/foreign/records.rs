//! The records of a source, one by one.
//!
//! Owns: one pass over lines, with salvage by the agent's own fields, and the findings about what is no record.
//! Invariant: no broken line hides a record of another; the findings advise nothing that would write to the source.

use crate::finding::{Code, Finding};
use crate::log::{Accept, Damage, DamageCode, LogScan, LogSink, Record, scan_source};
use crate::source::{ByteSource, SourceError};
use alloc::borrow::Cow;
use alloc::format;
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// A source, read record by record.
#[derive(Clone, Copy)]
pub(in crate::dialect) struct Source<'s>(pub(in crate::dialect) &'s dyn ByteSource);

impl<'s> Source<'s> {
    /// The bytes of a record.
    pub(in crate::dialect) fn record(self, at: u64, len: u64) -> Result<Cow<'s, [u8]>, SourceError> {
        self.0.bytes(at, usize::try_from(len).unwrap_or(usize::MAX))
    }
}

/// Gives all records of a source, in its order; what is wrong with lines is what is returned. `accept` says which
/// objects in a broken line are records.
///
/// # Errors
/// If the source cannot be read, or `tick`, which gets the bytes done, interrupts.
pub(in crate::dialect) fn read_records(
    source: &dyn ByteSource,
    accept: Accept,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    each: &mut dyn FnMut(&Record<'_>),
) -> Result<Vec<Finding>, SourceError> {
    let mut sink = Sink { each, findings: Vec::new() };
    scan_source(source, 0..source.len(), LogScan::records(accept), &mut sink, tick)?;
    Ok(sink.findings)
}

struct Sink<'e> {
    each: &'e mut dyn FnMut(&Record<'_>),
    findings: Vec<Finding>,
}

impl LogSink for Sink<'_> {
    fn header(&mut self, _: &Record<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn entry(&mut self, entry: &Record<'_>) -> ControlFlow<()> {
        (self.each)(entry);
        ControlFlow::Continue(())
    }

    fn damage(&mut self, damage: Damage) -> ControlFlow<()> {
        // Of a record that is read all the same, the log that shows it tells; a text without records is not one.
        if !matches!(damage.code, DamageCode::LoneSurrogate | DamageCode::InvalidUtf8 | DamageCode::NoHeader) {
            self.findings.push(finding(damage));
        }
        ControlFlow::Continue(())
    }
}

fn finding(damage: Damage) -> Finding {
    let finding = Finding::at(Code::from(damage.code), damage.offset, damage.line);
    let (len, read) = (damage.line_len, damage.salvaged);
    let read = if read == 0 { alloc::string::String::new() } else { format!("; records read from it: {read}") };
    match damage.code {
        DamageCode::TornTail if damage.all_recovered => {
            finding.say("the last record lacks only its line feed; it is read")
        }
        DamageCode::TornTail => {
            finding.say(format!("the last line is incomplete{read}; the program that writes it may be at it just now"))
        }
        DamageCode::NulRun => finding.say(format!("NUL bytes in a line of {len} bytes{read}; all else is read")),
        DamageCode::FusedRecords if damage.all_recovered => {
            finding.harmless().say(format!("several records in one line{read}; nothing is lost"))
        }
        DamageCode::FusedRecords => {
            finding.say(format!("a line of {len} bytes holds parts of several records{read}; the rest is lost"))
        }
        _ => finding.say(format!("{len} bytes that are no record; all others are read")),
    }
}
