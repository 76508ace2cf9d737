//! The scan: bytes in chunks of any size to header, entries and damages, in file order.
//!
//! Owns: framing by the byte LF, line numbers, which record is the header, and when a broken line counts as torn.
//! Invariant: the calls to the sink depend on the bytes alone, never on how they were cut into chunks.
//! Does not: hold more than one line; a line that came in one chunk is not copied.

use super::line::{LineReader, Outcome};
use super::{Damage, DamageCode, LogSink, Record};
use alloc::vec::Vec;
use core::ops::ControlFlow;

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
    /// A record was seen.
    pub record_seen: bool,
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

/// The scanner.
#[derive(Debug)]
pub struct LogScan {
    reader: LineReader,
    /// Judge UTF-8 of every record, which indexing does not need.
    full: bool,
    /// Offset of the first byte of the line that is being collected.
    line_start: u64,
    lines: u64,
    carry: Vec<u8>,
    record_seen: bool,
    /// A damage whose code depends on whether another line follows: (if it is the last, otherwise).
    undecided: Option<(Damage, Damage)>,
    /// Damages reported so far.
    reported: u64,
    /// What the line without LF was, once it has been judged.
    open_line: OpenLine,
}

impl LogScan {
    /// A scan from the first byte that finds what an index needs.
    #[must_use]
    pub fn new() -> Self {
        Self::resume(0, 0, false)
    }

    /// A scan from the first byte that finds every damage, `invalid-utf8` included.
    #[must_use]
    pub fn full() -> Self {
        Self { full: true, ..Self::new() }
    }

    /// A scan that goes on where an earlier one ended: at `resume_at`, behind that many lines.
    #[must_use]
    pub fn resume(resume_at: u64, lines: u64, record_seen: bool) -> Self {
        Self {
            reader: LineReader::new(),
            full: false,
            line_start: resume_at,
            lines,
            carry: Vec::new(),
            record_seen,
            undecided: None,
            reported: 0,
            open_line: OpenLine::None,
        }
    }

    /// As [`LogScan::resume`], and finds every damage.
    #[must_use]
    pub fn resume_full(resume_at: u64, lines: u64, record_seen: bool) -> Self {
        Self { full: true, ..Self::resume(resume_at, lines, record_seen) }
    }

    /// Takes the next bytes.
    pub fn push<B>(&mut self, chunk: &[u8], sink: &mut dyn LogSink<Break = B>) -> ControlFlow<B> {
        let mut rest = chunk;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, behind) = rest.split_at(end);
            rest = behind.get(1..).unwrap_or_default();
            if self.carry.is_empty() {
                self.line(line, true, sink)?;
            } else {
                let mut carried = core::mem::take(&mut self.carry);
                carried.extend_from_slice(line);
                let flow = self.line(&carried, true, sink);
                carried.clear();
                self.carry = carried;
                flow?;
            }
        }
        self.carry.extend_from_slice(rest);
        ControlFlow::Continue(())
    }

    /// Takes so many line feeds, which stand where bytes are lost.
    pub fn push_lost<B>(&mut self, len: u64, sink: &mut dyn LogSink<Break = B>) -> ControlFlow<B> {
        if len > 0 {
            self.push(b"\n", sink)?;
            self.line_start += len - 1;
            self.lines += len - 1;
        }
        ControlFlow::Continue(())
    }

    /// Tells that there are no more bytes; what is left is the last line.
    pub fn finish<B>(mut self, sink: &mut dyn LogSink<Break = B>) -> ControlFlow<B, ScanEnd> {
        let rest = core::mem::take(&mut self.carry);
        self.finish_with(&rest, sink)
    }

    /// The line whose end has not come yet: where it starts, and its bytes so far.
    pub(super) const fn open_line(&self) -> (u64, &Vec<u8>) {
        (self.line_start, &self.carry)
    }

    /// As [`LogScan::finish`], with the last line given, so that it need not be copied.
    pub(super) fn finish_with<B>(mut self, rest: &[u8], sink: &mut dyn LogSink<Break = B>) -> ControlFlow<B, ScanEnd> {
        let (before, lines) = (self.line_start, self.lines);
        let settled = self.reported + u64::from(self.undecided.is_some());
        if !rest.is_empty() {
            self.line(rest, false, sink)?;
        }
        self.settle(true, sink)?;
        if !self.record_seen {
            self.report(Damage::at(DamageCode::NoHeader, 0, 1, 0), sink)?;
        }
        let len = before + rest.len() as u64;
        let (open_line, record_seen) = (self.open_line, self.record_seen);
        let resume_at = if open_line == OpenLine::Whole { len } else { before };
        let unsettled = self.reported - settled;
        ControlFlow::Continue(ScanEnd { len, open_line, resume_at, lines, record_seen, unsettled })
    }

    fn report<B>(&mut self, damage: Damage, sink: &mut dyn LogSink<Break = B>) -> ControlFlow<B> {
        self.reported += 1;
        sink.damage(damage)
    }

    /// Reports the damage that waited for the next line.
    fn settle<B>(&mut self, last: bool, sink: &mut dyn LogSink<Break = B>) -> ControlFlow<B> {
        match self.undecided.take() {
            Some((if_last, otherwise)) => self.report(if last { if_last } else { otherwise }, sink),
            None => ControlFlow::Continue(()),
        }
    }

    fn line<B>(&mut self, bytes: &[u8], terminated: bool, sink: &mut dyn LogSink<Break = B>) -> ControlFlow<B> {
        let offset = self.line_start;
        self.line_start += bytes.len() as u64 + 1;
        self.lines += 1;
        let line = self.lines;
        let outcome = self.reader.read(offset, line, bytes, !self.record_seen);
        if !terminated {
            self.open_line = match &outcome {
                Outcome::Whole(_) => OpenLine::Whole,
                Outcome::Broken(salvaged) if !salvaged.records.is_empty() => OpenLine::Salvaged,
                Outcome::Blank | Outcome::Broken(_) => OpenLine::Torn,
            };
        }
        if matches!(outcome, Outcome::Blank) {
            return ControlFlow::Continue(());
        }
        self.settle(false, sink)?;
        let damage = |code, offset| Damage::at(code, offset, line, bytes.len() as u64);
        match outcome {
            Outcome::Blank => {}
            Outcome::Whole(record) => {
                let start = record.offset;
                self.record(&record, sink)?;
                if !terminated {
                    self.report(Damage { all_recovered: true, ..damage(DamageCode::TornTail, start) }, sink)?;
                }
            }
            Outcome::Broken(salvaged) => {
                for record in &salvaged.records {
                    self.record(record, sink)?;
                }
                let count = u32::try_from(salvaged.records.len()).unwrap_or(u32::MAX);
                let otherwise = Damage {
                    salvaged: count,
                    all_recovered: salvaged.all_recovered,
                    ..damage(salvaged.code, salvaged.offset)
                };
                match salvaged.torn_rest {
                    Some(rest) => {
                        let if_last = Damage { code: DamageCode::TornTail, offset: rest, ..otherwise };
                        self.undecided = Some((if_last, otherwise));
                    }
                    None => self.report(otherwise, sink)?,
                }
            }
        }
        ControlFlow::Continue(())
    }

    /// Tells header, second header and entry apart.
    fn record<B>(&mut self, record: &Record<'_>, sink: &mut dyn LogSink<Break = B>) -> ControlFlow<B> {
        let damage = |code| Damage::at(code, record.offset, record.line, record.bytes.len() as u64);
        if self.full && simdutf8::basic::from_utf8(record.bytes).is_err() {
            self.report(damage(DamageCode::InvalidUtf8), sink)?;
        }
        if record.lone_surrogate {
            self.report(damage(DamageCode::LoneSurrogate), sink)?;
        }
        let first = !core::mem::replace(&mut self.record_seen, true);
        match (first, record.fields.is_session()) {
            (true, true) => sink.header(record),
            (false, true) => self.report(damage(DamageCode::SecondHeader), sink),
            (true, false) => {
                self.report(damage(DamageCode::NoHeader), sink)?;
                sink.entry(record)
            }
            (false, false) => sink.entry(record),
        }
    }
}

impl Default for LogScan {
    fn default() -> Self {
        Self::new()
    }
}
