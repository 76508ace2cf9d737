//! The log that a v1 session becomes, as a source that is rendered while it is read.
//!
//! If you change the text of entries, then change section 8 of `docs/format.md` and the mark in `compare::past` too.
//!
//! Owns: the text of its lines, and where each line begins.
//! Invariant: payloads are unchanged, except that line breaks between tokens become spaces. The heads of entries are
//! made on demand, because 700,000 of them would need too much memory.

use crate::dialect::IdMaker;
use crate::dialect::jcode::read::entry::{Entry, Kind, MADE, Odd, TimeAt};
use crate::source::{ByteSource, Rope, SourceError};
use alloc::vec::Vec;

/// A log made from v1 files, or the part to append to a log.
#[derive(Debug)]
pub struct V1Log<S> {
    /// The v1 files and the generated payloads.
    pub(in crate::dialect::jcode) text: Rope<S>,
    /// Text before the first entry.
    pub(in crate::dialect::jcode) head: Vec<u8>,
    /// Parent of the first entry, as JSON.
    pub(in crate::dialect::jcode) parent: Vec<u8>,
    /// Number of entries in the log before the first one.
    pub(in crate::dialect::jcode) position: u64,
    pub(in crate::dialect::jcode) entries: Vec<Entry>,
    /// Times that are in no payload.
    pub(in crate::dialect::jcode) times: Vec<u8>,
    pub(in crate::dialect::jcode) ids: IdMaker,
    pub(in crate::dialect::jcode) len: u64,
}

/// A piece of a line.
enum Part<'a> {
    Text(&'a [u8]),
    /// A generated id with its quotes.
    Id([u8; 18]),
    /// A part of an entry's payload: start and length.
    Payload(&'a Entry, u32, u32),
}

impl Part<'_> {
    const fn len(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Id(id) => id.len() as u64,
            Self::Payload(_, _, len) => *len as u64,
        }
    }
}

impl<S> V1Log<S> {
    /// Number of entries.
    #[must_use]
    pub fn entry_count(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The v1 files.
    #[must_use]
    pub fn sources(&self) -> &[S] {
        self.text.sources()
    }

    /// Sets the start of each line, and the length of the log.
    pub(in crate::dialect::jcode) fn lay_out(mut self) -> Self {
        let mut at = self.head.len() as u64;
        for index in 0..self.entries.len() {
            let len: u64 = self.parts(index).iter().map(Part::len).sum();
            if let Some(entry) = self.entries.get_mut(index) {
                entry.start = at;
            }
            at += len;
        }
        self.len = at;
        self
    }

    fn parts(&self, index: usize) -> [Part<'_>; 10] {
        let text = |text: &'static str| Part::Text(text.as_bytes());
        let Some(entry) = self.entries.get(index) else { return [(); 10].map(|()| text("")) };
        let parent = match index.checked_sub(1) {
            Some(before) => self.id(before),
            None => Part::Text(&self.parent),
        };
        let message = entry.kind == Kind::Message;
        [
            text(if message { r#"{"type":"message","id":"# } else { r#"{"type":"custom","id":"# }),
            self.id(index),
            text(r#","parentId":"#),
            parent,
            text(r#","timestamp":"#),
            self.time(entry),
            text(if message { r#","v1":true,"message":"# } else { r#","v1":true,"customType":""# }),
            text(match entry.kind {
                Kind::Message | Kind::Edit => "",
                Kind::EnvSnapshot => r#"jcode/env_snapshot","data":"#,
                Kind::MemoryInjection => r#"jcode/memory_injection","data":"#,
                Kind::ReplayEvent => r#"jcode/replay_event","data":"#,
                Kind::Unloaded => r#"jcode/unloaded","data":"#,
                Kind::Meta => r#"jcode/meta","data":"#,
                Kind::Drop => r#"jcode/drop","data":"#,
                Kind::Rewind => r#"jcode/rewind","data":"#,
            }),
            Part::Payload(entry, 0, entry.len),
            text("}\n"),
        ]
    }

    fn id(&self, index: usize) -> Part<'_> {
        match self.entries.get(index) {
            Some(entry) if entry.id_len > 0 => Part::Payload(entry, entry.id_at, entry.id_len),
            _ => {
                let id = self.ids.id(self.position + index as u64);
                let mut quoted = [b'"'; 18];
                for (slot, byte) in quoted.iter_mut().skip(1).zip(id.bytes()) {
                    *slot = byte;
                }
                Part::Id(quoted)
            }
        }
    }

    fn time<'a>(&'a self, entry: &'a Entry) -> Part<'a> {
        let len = u32::from(entry.time_len);
        match entry.time {
            TimeAt::Own(at) => Part::Payload(entry, at, len),
            TimeAt::Entry(other) => match self.entries.get(other as usize) {
                Some(Entry { time: TimeAt::Own(at), .. }) => {
                    Part::Payload(self.entries.get(other as usize).unwrap_or(entry), *at, len)
                }
                _ => Part::Text(b"\"\""),
            },
            TimeAt::Aside(at) => {
                let text = self.times.get(at as usize..).and_then(|rest| rest.get(..len as usize));
                Part::Text(text.unwrap_or_default())
            }
            TimeAt::None => Part::Text(b"\"\""),
        }
    }
}

impl<S: ByteSource> V1Log<S> {
    /// The v1 file, and the offset in it, from which the byte at `offset` comes. For generated text of an entry, those
    /// of its payload; `None` if the payload is generated too.
    #[must_use]
    pub fn origin(&self, offset: u64) -> Option<(u32, u64)> {
        let index = self.entries.partition_point(|entry| entry.start <= offset).checked_sub(1)?;
        let entry = self.entries.get(index)?;
        if entry.source == MADE {
            return None;
        }
        let head: u64 = self.parts(index).iter().take(8).map(Part::len).sum();
        let within = offset.saturating_sub(entry.start + head).min(u64::from(entry.len));
        Some((u32::from(entry.source), entry.at + within))
    }

    fn copy(&self, part: &Part<'_>, skip: u64, out: &mut [u8]) -> Result<(), SourceError> {
        let from = usize::try_from(skip).unwrap_or(usize::MAX);
        let text = match part {
            Part::Text(text) => text,
            Part::Id(id) => id.as_slice(),
            Part::Payload(entry, at, _) => {
                let at = entry.at + u64::from(*at) + skip;
                match self.text.sources().get(usize::from(entry.source)) {
                    Some(source) => copy_from(source, at, out)?,
                    None => self.text.read_at(at, out)?,
                }
                if entry.odd == Odd::Lines {
                    for byte in out.iter_mut().filter(|byte| matches!(**byte, b'\n' | b'\r')) {
                        *byte = b' ';
                    }
                }
                return Ok(());
            }
        };
        if let Some(text) = text.get(from..).and_then(|rest| rest.get(..out.len())) {
            out.copy_from_slice(text);
        }
        Ok(())
    }
}

/// Copies in place if the host can, because a payload of a few bytes is not worth a system call.
fn copy_from(source: &impl ByteSource, at: u64, out: &mut [u8]) -> Result<(), SourceError> {
    match source.in_place(at, out.len()) {
        Some(bytes) => {
            out.copy_from_slice(bytes);
            Ok(())
        }
        None => source.read_at(at, out),
    }
}

impl<S: ByteSource> ByteSource for V1Log<S> {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        let wanted = offset.saturating_add(buffer.len() as u64);
        if wanted > self.len {
            return Err(SourceError::Shrank { wanted, actual: self.len });
        }
        let mut rest = buffer;
        let mut skip = offset;
        if offset < self.head.len() as u64 {
            rest = self.fill(&Part::Text(&self.head), &mut skip, rest)?;
        }
        if rest.is_empty() {
            return Ok(());
        }
        let at = offset.max(self.head.len() as u64);
        let mut index = self.entries.partition_point(|entry| entry.start <= at).saturating_sub(1);
        skip = at - self.entries.get(index).map_or(at, |entry| entry.start);
        while !rest.is_empty() && index < self.entries.len() {
            for part in self.parts(index) {
                rest = self.fill(&part, &mut skip, rest)?;
                if rest.is_empty() {
                    return Ok(());
                }
            }
            index += 1;
        }
        Ok(())
    }

    fn still_whole(&self) -> Result<(), SourceError> {
        self.text.still_whole()
    }
}

impl<S: ByteSource> V1Log<S> {
    /// Copies the part behind `skip` bytes to `out`; the next part continues with the rest of `skip` and `out`.
    fn fill<'b>(&self, part: &Part<'_>, skip: &mut u64, out: &'b mut [u8]) -> Result<&'b mut [u8], SourceError> {
        let Some(here) = part.len().checked_sub(*skip) else {
            *skip -= part.len();
            return Ok(out);
        };
        let take = usize::try_from(here).unwrap_or(usize::MAX).min(out.len());
        let (now, later) = out.split_at_mut(take);
        if take > 0 {
            self.copy(part, *skip, now)?;
        }
        *skip = 0;
        Ok(later)
    }
}
