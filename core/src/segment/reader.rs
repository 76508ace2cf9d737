//! Bytes of segments, in whichever form they are stored.
//!
//! Owns: the choice between the two forms, and the last file and block that were looked at.
//! Invariant: what is lost (no file, a short one, a frame that does not hold its block) reads as line feeds; nothing
//! that a file claims makes more memory be taken than a block and a table of bounded length.
//! Does not: compare digests; [`super::check`] does.

use super::Decompress;
use super::layout::{Form, Segment};
use super::seekable::{Frame, Table, TableError};
use crate::source::{ByteSource, SourceError};
use crate::storage::Name;
use alloc::vec::Vec;

/// The files in `segments/`, and what decompresses them.
pub trait Archive: Decompress {
    /// An open file.
    type File: ByteSource;

    /// Opens a file; `None` if there is none of that name.
    ///
    /// # Errors
    /// If it is there and cannot be opened.
    fn open(&self, name: &Name) -> Result<Option<Self::File>, SourceError>;
}

impl<A: Archive + ?Sized> Archive for &A {
    type File = A::File;

    fn open(&self, name: &Name) -> Result<Option<Self::File>, SourceError> {
        (**self).open(name)
    }
}

/// How a segment was found.
enum Opened<F> {
    /// Its bytes as they are, as many as there are.
    Plain(F, u64),
    /// Compressed, with its table.
    Compressed(F, Table),
    /// Not at all; in words.
    Lost(&'static str),
}

/// The segment that is open, by its range.
type Open<F> = ((u64, u64), Opened<F>);

/// Reads segments, and remembers where it read last.
pub struct Reader<A: Archive> {
    archive: A,
    open: Option<Open<A::File>>,
    /// A block of it: the frame's number, and its bytes if they could be had.
    block: Option<(usize, Option<Vec<u8>>)>,
}

impl<A: Archive> core::fmt::Debug for Reader<A> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reader").field("open", &self.open.as_ref().map(|(range, _)| range)).finish_non_exhaustive()
    }
}

impl<A: Archive> Reader<A> {
    /// A reader that has read nothing.
    pub const fn new(archive: A) -> Self {
        Self { archive, open: None, block: None }
    }

    /// Fills `buffer` from an offset in the segment on. False if some of it is lost, and reads as line feeds.
    ///
    /// # Errors
    /// If a file is there and cannot be read.
    pub fn read(&mut self, segment: &Segment, offset: u64, buffer: &mut [u8]) -> Result<bool, SourceError> {
        self.go_to(segment)?;
        let Self { archive, open, block } = self;
        match open {
            Some((_, Opened::Plain(file, held))) => {
                let held = usize::try_from(held.saturating_sub(offset)).unwrap_or(usize::MAX).min(buffer.len());
                let (there, lost) = buffer.split_at_mut(held);
                // Not even nothing is read behind the end of a file.
                if !there.is_empty() {
                    file.read_at(offset, there)?;
                }
                blank(lost);
                Ok(lost.is_empty())
            }
            Some((_, Opened::Compressed(file, table))) => read_blocks(archive, (file, table), block, offset, buffer),
            Some((_, Opened::Lost(_))) | None => {
                blank(buffer);
                Ok(false)
            }
        }
    }

    /// Bytes at the start of a segment that are there, as far as file and length tell; all behind them is lost.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub(super) fn held(&mut self, segment: &Segment) -> Result<u64, SourceError> {
        self.go_to(segment)?;
        Ok(match &self.open {
            Some((_, Opened::Plain(_, held))) => *held,
            Some((_, Opened::Lost(_))) => 0,
            _ => segment.len,
        })
    }

    /// What is wrong with how a segment is stored, as far as file, length and table tell.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub fn trouble(&mut self, segment: &Segment) -> Result<Option<&'static str>, SourceError> {
        self.go_to(segment)?;
        Ok(match &self.open {
            Some((_, Opened::Plain(_, held))) if *held < segment.len => Some("is cut short"),
            Some((_, Opened::Lost(why))) => Some(why),
            _ => None,
        })
    }

    /// In which form the segment that was looked at last is stored.
    pub(super) const fn form(&self) -> Form {
        match self.open {
            Some((_, Opened::Compressed(..))) => Form::Compressed,
            _ => Form::Plain,
        }
    }

    /// Forgets what is open: files may have changed.
    fn forget(&mut self) {
        (self.open, self.block) = (None, None);
    }

    fn go_to(&mut self, segment: &Segment) -> Result<(), SourceError> {
        let range = (segment.from, segment.len);
        if self.open.as_ref().is_none_or(|(open, _)| *open != range) {
            self.forget();
            self.open = Some((range, self.find(segment)?));
        }
        Ok(())
    }

    fn find(&self, segment: &Segment) -> Result<Opened<A::File>, SourceError> {
        let open = |form| segment.name(form).map_or(Ok(None), |name| self.archive.open(&name));
        let plain = open(Form::Plain)?;
        let is_whole = plain.as_ref().is_some_and(|file| file.len() >= segment.len);
        if !is_whole && let Some(file) = open(Form::Compressed)? {
            match Table::read(&file, segment.len) {
                Ok(table) => return Ok(Opened::Compressed(file, table)),
                Err(TableError::Source(error @ SourceError::Io { .. })) => return Err(error),
                Err(_) if plain.is_none() => return Ok(Opened::Lost("has no table of frames that holds together")),
                Err(_) => {}
            }
        }
        Ok(match plain {
            Some(file) => {
                let held = file.len().min(segment.len);
                Opened::Plain(file, held)
            }
            None => Opened::Lost("is missing"),
        })
    }
}

fn read_blocks<A: Archive>(
    archive: &A,
    (file, table): (&A::File, &Table),
    block: &mut Option<(usize, Option<Vec<u8>>)>,
    offset: u64,
    buffer: &mut [u8],
) -> Result<bool, SourceError> {
    let (mut at, mut rest, mut whole) = (offset, buffer, true);
    while !rest.is_empty() {
        let Some(frame) = table.frame(at) else {
            blank(rest);
            return Ok(false);
        };
        if block.as_ref().is_none_or(|(index, _)| *index != frame.index) {
            *block = Some((frame.index, decompress(archive, file, &frame)?));
        }
        let skip = usize::try_from(at - frame.plain.0).unwrap_or(usize::MAX);
        let take = frame.plain.1.saturating_sub(skip).min(rest.len());
        let (now, later) = rest.split_at_mut(take);
        let held = block.as_ref().and_then(|(_, bytes)| bytes.as_ref()).and_then(|bytes| bytes.get(skip..skip + take));
        match held {
            Some(bytes) => now.copy_from_slice(bytes),
            None => {
                blank(now);
                whole = false;
            }
        }
        at += take as u64;
        rest = later;
    }
    Ok(whole)
}

fn decompress<A: Archive>(archive: &A, file: &A::File, frame: &Frame) -> Result<Option<Vec<u8>>, SourceError> {
    let stored = file.read_vec(frame.stored.0, frame.stored.1)?;
    let mut plain = alloc::vec![0; frame.plain.1];
    Ok(archive.decompress(&stored, &mut plain).then_some(plain))
}

/// What stands for bytes that are lost: blank lines, so that a scan goes on and offsets hold.
pub(super) fn blank(buffer: &mut [u8]) {
    buffer.fill(b'\n');
}
