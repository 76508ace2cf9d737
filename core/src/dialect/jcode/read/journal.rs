//! The journal, read line by line as tolerantly as jcode does.
//!
//! Owns: which lines jcode applies, which entries it salvages from a bad line, and which it skips.
//! Invariant: a bad line affects only itself. Its well-formed entries that jcode does not load are kept as unloaded.

use crate::dialect::jcode::ReplayError;
use crate::dialect::jcode::read::array::Array;
use crate::dialect::jcode::read::bad_line::BadLine;
use crate::dialect::jcode::read::check::{Check, is_named};
use crate::dialect::jcode::read::element;
use crate::dialect::jcode::read::entry::{Entry, Kind, Lists, NO_TIME, Odd};
use crate::dialect::jcode::read::fields::Token;
use crate::dialect::jcode::read::schema::{META, Rule, Type};
use crate::dialect::jcode::read::window::Window;
use crate::finding::Finding;
use crate::json::Cursor;
use crate::json::Fault;
use crate::json::text::unescape;
use crate::source::{ByteSource, SourceError};
use alloc::vec::Vec;
use core::ops::{ControlFlow, Range};

/// The first bytes of every journal entry, at which jcode begins to salvage.
const START: &[u8] = b"{\"meta\":";

/// Bytes of fruitless walks allowed per byte of a bad line.
const WORK_PER_BYTE: usize = 64;
const WORK_FLOOR: usize = 1 << 20;

static META_TYPE: Type = Type::Object(&META);

/// Result of a journal.
#[derive(Debug, Default)]
pub(in crate::dialect::jcode) struct Journal {
    /// The `meta` of the last applied entry, which holds.
    pub(in crate::dialect::jcode) meta: Option<Token>,
    pub(in crate::dialect::jcode) applied: u64,
    pub(in crate::dialect::jcode) findings: Vec<Finding>,
}

/// Replays a journal onto `lists`; `number` is its source number.
pub(in crate::dialect::jcode) fn read<S: ByteSource + ?Sized>(
    source: &S,
    number: u8,
    lists: &mut Lists,
    tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Result<Journal, ReplayError> {
    let mut window = Window::new(source);
    let mut replay = Lines { check: Check::default(), number, lists, journal: Journal::default() };
    let (mut at, mut line_number, mut told) = (0, 0, 0);
    while at < window.len() {
        let found = window
            .read(at, |bytes, from| memchr::memchr(b'\n', bytes.get(from..).unwrap_or_default()).ok_or(Fault::Ended))?;
        let (end, terminated) = found.map_or((window.len(), false), |len| (at + len as u64, true));
        line_number += 1;
        replay.line(window.bytes(at..end)?, at, line_number, terminated)?;
        at = end + 1;
        if at - told >= 1 << 20 {
            if tick(at - told).is_break() {
                return Err(SourceError::Interrupted.into());
            }
            told = at;
        }
    }
    Ok(replay.journal)
}

struct Lines<'l> {
    check: Check,
    number: u8,
    lists: &'l mut Lists,
    journal: Journal,
}

/// One well-formed object that was read as an entry of the journal.
struct Read {
    end: usize,
    fits: bool,
    meta: Range<usize>,
}

impl Lines<'_> {
    fn line(&mut self, line: &[u8], offset: u64, number: u64, terminated: bool) -> Result<(), ReplayError> {
        let (text, within) = trim(line);
        let Some(first) = line.get(within.clone()).filter(|line| !line.is_empty()) else { return Ok(()) };
        if text && first.starts_with(b"{") {
            let lens = self.lists.lens();
            if let Ok(read) = self.entry(line, within.start, offset)?
                && read.fits
                && read.end == within.end
            {
                self.apply(&read, offset);
                return Ok(());
            }
            self.lists.truncate(lens);
        }
        let whole = self.check.skip_all(line, within.clone());
        if whole {
            self.keep_unloaded(line, within.clone(), offset)?;
        }
        let (applied, kept) = self.salvage(line, if whole { within.end } else { 0 }, offset)?;
        let kept = kept + u64::from(whole);
        let bad = BadLine { text, whole, terminated, nul: line.contains(&0), applied, kept };
        self.journal.findings.push(bad.finding(offset, number));
        Ok(())
    }

    fn apply(&mut self, read: &Read, offset: u64) {
        let (at, len) = (offset + read.meta.start as u64, read.meta.len() as u64);
        self.journal.meta = Some(Token { source: self.number, at, len });
        self.journal.applied += 1;
    }

    /// Salvages a bad line as jcode does: tries each place where an entry may begin, and takes the chain of entries
    /// from the first place that gives one. Other well-formed entries are kept as unloaded. Returns the number of each.
    fn salvage(&mut self, line: &[u8], covered: usize, offset: u64) -> Result<(u64, u64), ReplayError> {
        let (mut applied, mut kept, mut covered) = (0, 0, covered);
        let mut work = line.len().saturating_mul(WORK_PER_BYTE).saturating_add(WORK_FLOOR);
        let mut at = 0;
        let finder = memchr::memmem::Finder::new(START);
        while work > 0
            && let Some(found) = finder.find(line.get(at..).unwrap_or_default())
        {
            let start = at + found;
            at = start + 1;
            let lens = self.lists.lens();
            match self.entry(line, start, offset)? {
                Ok(read) if read.fits && applied == 0 => {
                    self.apply(&read, offset);
                    at = read.end;
                    applied += 1;
                    applied += self.chain(line, &mut at, offset)?;
                    covered = covered.max(at);
                }
                Ok(read) => {
                    self.lists.truncate(lens);
                    if start >= covered {
                        self.keep_unloaded(line, start..read.end, offset)?;
                        kept += 1;
                        covered = read.end;
                    }
                    work = work.saturating_sub(read.end - start);
                    if applied > 0 {
                        at = read.end;
                    }
                }
                Err(fault) => {
                    self.lists.truncate(lens);
                    let end = if let Fault::Invalid(end) = fault { end } else { line.len() };
                    work = work.saturating_sub(end.saturating_sub(start));
                }
            }
        }
        Ok((applied, kept))
    }

    /// Reads the entries directly behind a salvaged one.
    fn chain(&mut self, line: &[u8], at: &mut usize, offset: u64) -> Result<u64, ReplayError> {
        let mut applied = 0;
        loop {
            let rest = line.get(*at..).unwrap_or_default();
            let Some(space) = rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r')) else { return Ok(applied) };
            let lens = self.lists.lens();
            match self.entry(line, *at + space, offset)? {
                Ok(read) if read.fits => {
                    self.apply(&read, offset);
                    *at = read.end;
                    applied += 1;
                }
                _ => {
                    self.lists.truncate(lens);
                    return Ok(applied);
                }
            }
        }
    }

    /// Reads the object at `start` and appends its elements; the caller removes them if the entry does not count.
    fn entry(&mut self, line: &[u8], start: usize, offset: u64) -> Result<Result<Read, Fault>, ReplayError> {
        let mut cursor = Cursor::new(line, start);
        let mut too_large = None;
        let result = self.fields(&mut cursor, offset, &mut too_large);
        if let Some(error) = too_large {
            return Err(error);
        }
        Ok(result.map(|mut read| {
            read.fits &= simdutf8::basic::from_utf8(cursor.since(start)).is_ok();
            read
        }))
    }

    fn fields(
        &mut self,
        cursor: &mut Cursor<'_>,
        offset: u64,
        too_large: &mut Option<ReplayError>,
    ) -> Result<Read, Fault> {
        let mut meta = None;
        let mut fits = true;
        let mut arrays = 0u8;
        let mut more = cursor.opens(b'{', b'}')?;
        while more {
            let key = cursor.key()?;
            let start = cursor.at;
            let name = unescape(key);
            fits &= name.is_some();
            match name.as_deref().and_then(Array::in_journal) {
                Some(array) => {
                    fits &= arrays & (1 << array as u8) == 0;
                    arrays |= 1 << array as u8;
                    fits &= self.elements(cursor, array, offset, too_large)?;
                }
                None if is_named(key, "meta") => {
                    fits &= meta.is_none() && self.check.fits(cursor, &META_TYPE, Rule::Required)?;
                    if meta.is_some() {
                        self.check.skip(cursor)?;
                    }
                    meta = Some(start..cursor.at);
                }
                None => self.check.skip(cursor)?,
            }
            more = cursor.goes_on(b'}')?;
        }
        Ok(Read { end: cursor.at, fits: fits && meta.is_some(), meta: meta.unwrap_or_default() })
    }

    fn elements(
        &mut self,
        cursor: &mut Cursor<'_>,
        array: Array,
        offset: u64,
        too_large: &mut Option<ReplayError>,
    ) -> Result<bool, Fault> {
        if cursor.peek()? != b'[' {
            self.check.skip(cursor)?;
            return Ok(false);
        }
        let mut fits = true;
        let mut more = cursor.opens(b'[', b']')?;
        while more {
            match element::read(&mut self.check, cursor, array, self.number, offset)? {
                Ok(element) => {
                    fits &= element.fits;
                    self.lists.of_mut(array).push(element.entry, element.time);
                }
                Err(error) => *too_large = Some(error),
            }
            more = cursor.goes_on(b']')?;
        }
        Ok(fits)
    }

    fn keep_unloaded(&mut self, line: &[u8], range: Range<usize>, offset: u64) -> Result<(), ReplayError> {
        let at = offset + range.start as u64;
        let len = u32::try_from(range.len()).map_err(|_| ReplayError::TooLarge { offset: at })?;
        let mut entry = Entry::new(Kind::Unloaded, self.number, at, len);
        let bytes = line.get(range).unwrap_or_default();
        if simdutf8::basic::from_utf8(bytes).is_err() {
            entry.odd = Odd::Bytes;
        } else if bytes.contains(&b'\r') {
            entry.odd = Odd::Lines;
        }
        self.lists.of_mut(Array::Messages).push(entry, NO_TIME);
        Ok(())
    }
}

/// Whether the line is UTF-8, and its range without surrounding white space (Unicode's if it is UTF-8, else ASCII's).
fn trim(line: &[u8]) -> (bool, Range<usize>) {
    match simdutf8::basic::from_utf8(line) {
        Ok(text) => {
            let start = text.len() - text.trim_start().len();
            (true, start..start + text.trim().len())
        }
        Err(_) => {
            let start = line.len() - line.trim_ascii_start().len();
            (false, start..start + line.trim_ascii().len())
        }
    }
}
