//! Bytes of segments, in whichever form they are stored.
//!
//! Owns: the choice between the two forms, and the last file and block that were read.
//! Invariant: what is lost (no file, a short one, a frame that does not hold its block) reads as line feeds; nothing
//! that a file claims makes more memory be taken than a block and a table of bounded length.
//! Does not: compare digests; [`super::check`] does.

use super::Decompress;
use super::range::{Form, Segment};
use super::seekable::{Frame, Table, TableError};
use crate::source::{ByteSource, SourceError};
use crate::storage::Name;
use alloc::string::String;
use alloc::vec::Vec;

/// The files in `segments/`, and what decompresses them.
pub trait Archive: Decompress {
    /// An open file.
    type File: ByteSource;

    /// Names of the files; none if there is no such folder.
    ///
    /// # Errors
    /// If the folder cannot be read.
    fn names(&self) -> Result<Vec<String>, SourceError>;

    /// Opens a file; `None` if there is none of that name.
    ///
    /// # Errors
    /// If it is there and cannot be opened.
    fn open(&self, name: &Name) -> Result<Option<Self::File>, SourceError>;

    /// Lends a reader. A host that keeps one, in whatever cell its threads allow, saves reads that follow each other
    /// opening the file and decompressing the block again; a reader that is in use is no reason to wait.
    fn with_reader<T>(&self, read: impl FnOnce(&mut Reader<Self::File>) -> T) -> T {
        read(&mut Reader::default())
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

/// Reads segments of one archive, and remembers where it read last.
pub struct Reader<F> {
    /// Read this form alone.
    only: Option<Form>,
    open: Option<Open<F>>,
    /// A block of it: the frame's number, and its bytes if they could be had.
    block: Option<(usize, Option<Vec<u8>>)>,
}

impl<F> Default for Reader<F> {
    fn default() -> Self {
        Self { only: None, open: None, block: None }
    }
}

impl<F> core::fmt::Debug for Reader<F> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reader").field("open", &self.open.as_ref().map(|(range, _)| range)).finish_non_exhaustive()
    }
}

impl<F: ByteSource> Reader<F> {
    /// A reader of segments in one form.
    pub(super) fn only(form: Form) -> Self {
        Self { only: Some(form), ..Self::default() }
    }

    /// Fills `buffer` from an offset in the segment on. False if some of it is lost, and reads as line feeds.
    ///
    /// # Errors
    /// If a file is there and cannot be read.
    pub fn read(
        &mut self,
        archive: &impl Archive<File = F>,
        segment: &Segment,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<bool, SourceError> {
        self.go_to(archive, segment)?;
        let Self { open, block, .. } = self;
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
    pub(super) fn held(&mut self, archive: &impl Archive<File = F>, segment: &Segment) -> Result<u64, SourceError> {
        self.go_to(archive, segment)?;
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
    pub(super) fn trouble(
        &mut self,
        archive: &impl Archive<File = F>,
        segment: &Segment,
    ) -> Result<Option<&'static str>, SourceError> {
        self.go_to(archive, segment)?;
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

    fn go_to(&mut self, archive: &impl Archive<File = F>, segment: &Segment) -> Result<(), SourceError> {
        let range = (segment.from, segment.len);
        if self.open.as_ref().is_none_or(|(open, _)| *open != range) {
            *self = Self { open: Some((range, find(archive, segment, self.only)?)), block: None, only: self.only };
        }
        Ok(())
    }
}

fn find<A: Archive>(archive: &A, segment: &Segment, only: Option<Form>) -> Result<Opened<A::File>, SourceError> {
    let name = |form| segment.name(form).filter(|_| only.is_none_or(|only| only == form));
    let open = |form| name(form).map_or(Ok(None), |name| archive.open(&name));
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
