//! The scan: turns bytes, in chunks of any size, into header, entries and damages, in file order.
//!
//! Owns: framing by the byte LF, line numbers, the choice of the header, and when a broken line counts as torn.
//! Invariant: the calls to the sink depend on the bytes alone, never on the chunks.
//! Invariant: memory holds one line, and the lines that [`super::search`] holds until it finds the header. A line that
//! arrives in one chunk is not copied.

use super::ahead::ReadLines;
use super::line::{LineReader, Outcome, Reading};
use super::salvage::Accept;
use super::search::{Next, Role, Search};
use super::sink::{LogSink, OpenLine, ScanEnd};
use super::{Damage, DamageCode, Record, TornBatch};
use alloc::vec::Vec;
use core::ops::ControlFlow;

/// The scanner.
#[derive(Debug)]
pub struct LogScan {
    reader: LineReader,
    /// Also read the lines of an incomplete batch.
    pub(super) every_line: bool,
    /// Offset of the first byte of the line being collected.
    line_start: u64,
    lines: u64,
    /// The bytes of the line being collected that have arrived.
    carry: Vec<u8>,
    search: Search,
    /// A damage whose code depends on whether another line follows: (if it is the last line, otherwise).
    undecided: Option<(Damage, Damage)>,
    /// Damages reported so far, without those that only a full scan reports.
    reported: u64,
    /// Classification of the last line without LF, once it is read.
    open_line: OpenLine,
}

impl LogScan {
    /// A scan from the first byte that reports what an index needs.
    #[must_use]
    pub fn new() -> Self {
        Self::resume(0, 0, false)
    }

    /// A scan from the first byte that reports every damage, `invalid-utf8` included.
    #[must_use]
    pub fn full() -> Self {
        Self::resume_full(0, 0, false)
    }

    /// A scan over another agent's records, without a header: each record is an entry, and has its places.
    /// `accept` decides which objects in a broken line are records.
    #[must_use]
    pub(crate) fn records(accept: Accept) -> Self {
        let reading = Reading { accept, full: false, places: true };
        Self { reader: LineReader::for_scan(reading), ..Self::resume(0, 0, true) }
    }

    /// A scan that continues at offset `resume_at`, behind `lines` lines, where an earlier scan ended.
    #[must_use]
    pub fn resume(resume_at: u64, lines: u64, record_seen: bool) -> Self {
        Self {
            reader: LineReader::new(),
            every_line: false,
            line_start: resume_at,
            lines,
            carry: Vec::new(),
            search: Search::new(record_seen),
            undecided: None,
            reported: 0,
            open_line: OpenLine::None,
        }
    }

    /// Like [`LogScan::resume`], but reports every damage.
    #[must_use]
    pub fn resume_full(resume_at: u64, lines: u64, record_seen: bool) -> Self {
        let mut scan = Self::resume(resume_at, lines, record_seen);
        scan.reader.reading.full = true;
        scan
    }

    /// Makes the scan also read the lines of an incomplete batch at the end, for callers that keep or move lines.
    #[must_use]
    pub fn every_line(self) -> Self {
        Self { every_line: true, ..self }
    }

    /// Scans the next bytes.
    pub fn push(&mut self, chunk: &[u8], sink: &mut dyn LogSink) -> ControlFlow<()> {
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

    /// How lines are read ahead of this scan; `None` before the header or the first entry, on which it depends how a
    /// line is read, and inside a line.
    pub(super) fn ahead(&self) -> Option<Reading> {
        (self.search.is_done() && self.carry.is_empty()).then_some(self.reader.reading)
    }

    /// Scans the next lines, which were read ahead.
    pub(super) fn push_read(&mut self, read: ReadLines<'_>, sink: &mut dyn LogSink) -> ControlFlow<()> {
        for (len, mut outcome) in read.lines {
            outcome.number(self.lines + 1);
            self.tell(outcome, len as u64, true, sink)?;
        }
        ControlFlow::Continue(())
    }

    /// Scans `len` line feeds in the place of lost bytes.
    pub fn push_lost(&mut self, mut len: u64, sink: &mut dyn LogSink) -> ControlFlow<()> {
        while len > 0 {
            self.push(b"\n", sink)?;
            len -= 1;
            // Held lines are counted again when they are released, so they must be pushed one by one.
            if !self.search.holds() {
                self.line_start += len;
                self.lines += len;
                break;
            }
        }
        ControlFlow::Continue(())
    }

    /// Ends the scan; bytes without LF are the last line.
    pub fn finish(mut self, sink: &mut dyn LogSink) -> (ScanEnd, ControlFlow<()>) {
        let rest = core::mem::take(&mut self.carry);
        self.finish_with(&rest, sink)
    }

    /// Like [`LogScan::finish`], but takes the last line as an argument, which saves copying it.
    pub(super) fn finish_with(mut self, rest: &[u8], sink: &mut dyn LogSink) -> (ScanEnd, ControlFlow<()>) {
        let (before, lines) = (self.line_start, self.lines);
        let settled = self.reported + u64::from(self.undecided.is_some());
        let mut flow = ControlFlow::Continue(());
        if !rest.is_empty() {
            flow = self.line(rest, false, sink);
        }
        let held = self.search.holds();
        if flow.is_continue() {
            flow = self.let_go(false, sink);
        }
        let len = before + rest.len() as u64;
        let whole = self.open_line == OpenLine::Whole;
        let resume_at = if whole { len } else { before };
        if flow.is_continue() {
            flow = self.settle(true, sink);
        }
        let record_seen = self.search.is_done();
        if flow.is_continue() && !record_seen {
            flow = self.report(Damage::no_header(), sink);
        }
        let (open_line, unsettled) = (self.open_line, self.reported - settled);
        let end = ScanEnd { len, open_line, resume_at, lines, record_seen, held, unsettled };
        (end, flow)
    }

    /// Offset of the line being collected, and how many of its bytes have arrived.
    pub(super) const fn collected(&self) -> (u64, u64) {
        (self.line_start, self.carry.len() as u64)
    }

    /// Ends the scan before an incomplete batch, which begins with the next line, in a log of `len` bytes.
    pub(super) fn finish_before(
        mut self,
        torn: &TornBatch,
        len: u64,
        sink: &mut dyn LogSink,
    ) -> (ScanEnd, ControlFlow<()>) {
        let held = self.search.holds();
        let mut flow = self.let_go(false, sink);
        if flow.is_continue() {
            flow = self.settle(false, sink);
        }
        let settled = self.reported;
        let record_seen = self.search.is_done();
        if flow.is_continue() && !record_seen {
            flow = self.report(Damage::no_header(), sink);
        }
        if flow.is_continue() {
            flow = self.report(torn.damage(self.lines + 1, len), sink);
        }
        let (resume_at, lines, unsettled) = (self.line_start, self.lines, self.reported - settled);
        let end = ScanEnd { len, open_line: OpenLine::Torn, resume_at, lines, record_seen, held, unsettled };
        (end, flow)
    }

    fn report(&mut self, damage: Damage, sink: &mut dyn LogSink) -> ControlFlow<()> {
        self.reported += 1;
        sink.damage(damage)
    }

    /// Reports the damage that waited for the next line.
    fn settle(&mut self, last: bool, sink: &mut dyn LogSink) -> ControlFlow<()> {
        match self.undecided.take() {
            Some((if_last, otherwise)) => self.report(if last { if_last } else { otherwise }, sink),
            None => ControlFlow::Continue(()),
        }
    }

    fn line(&mut self, bytes: &[u8], terminated: bool, sink: &mut dyn LogSink) -> ControlFlow<()> {
        if !self.search.is_done() {
            match self.search.next(&mut self.reader, self.line_start, bytes) {
                Next::Judge => {}
                Next::Header => self.let_go(true, sink)?,
                Next::NoHeader => self.let_go(false, sink)?,
                Next::Hold => {
                    self.search.hold((self.line_start, self.lines), bytes, terminated);
                    self.line_start += bytes.len() as u64 + 1;
                    self.lines += 1;
                    return ControlFlow::Continue(());
                }
            }
        }
        self.judge(bytes, terminated, sink)
    }

    /// Classifies the held lines, once it is known whether the header follows them.
    fn let_go(&mut self, found: bool, sink: &mut dyn LogSink) -> ControlFlow<()> {
        let behind = (self.line_start, self.lines);
        let held = self.search.let_go(found);
        if let Some(held) = held {
            (self.line_start, self.lines) = held.from;
            for line in held.bytes.split_inclusive(|&byte| byte == b'\n') {
                let content = line.strip_suffix(b"\n").unwrap_or(line);
                self.judge(content, content.len() < line.len(), sink)?;
            }
            (self.line_start, self.lines) = behind;
        }
        self.search.let_went();
        ControlFlow::Continue(())
    }

    /// Classifies one line and reports its records and damages.
    fn judge(&mut self, bytes: &[u8], terminated: bool, sink: &mut dyn LogSink) -> ControlFlow<()> {
        let outcome = self.reader.read(self.line_start, self.lines + 1, bytes, !self.search.is_done());
        self.tell(outcome, bytes.len() as u64, terminated, sink)
    }

    /// Reports the records and damages of the next line, which has `len` bytes without its LF.
    fn tell(&mut self, outcome: Outcome<'_>, len: u64, terminated: bool, sink: &mut dyn LogSink) -> ControlFlow<()> {
        self.line_start += len + 1;
        self.lines += 1;
        let line = self.lines;
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
        let damage = |code, offset| Damage::at(code, offset, line, len);
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
                    raw_controls: salvaged.raw_controls,
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

    /// Reports a record as header, second header, entry, or record before the header.
    fn record(&mut self, record: &Record<'_>, sink: &mut dyn LogSink) -> ControlFlow<()> {
        let damage = |code| Damage::at(code, record.offset, record.line, record.bytes.len() as u64);
        if record.invalid_utf8 {
            // Not counted: the count must be the same for full scans and others.
            sink.damage(damage(DamageCode::InvalidUtf8))?;
        }
        if record.lone_surrogate {
            self.report(damage(DamageCode::LoneSurrogate), sink)?;
        }
        match self.search.role(record.fields.is_session()) {
            Role::Header => sink.header(record),
            Role::BeforeHeader => sink.before_header(record),
            Role::Entry => sink.entry(record),
            Role::FirstEntry => {
                self.report(damage(DamageCode::NoHeader), sink)?;
                sink.entry(record)
            }
            Role::SecondHeader => self.report(damage(DamageCode::SecondHeader), sink),
        }
    }
}

impl Default for LogScan {
    fn default() -> Self {
        Self::new()
    }
}
