//! Reading the bytes of segments, in either form.
//!
//! Owns: the choice between the two forms, and a cache of the last file and block.
//! Invariant: lost bytes (a missing or short file, a frame that does not hold its block) read as line feeds. Whatever a
//! file claims, memory holds at most a block and a table of bounded length.
//! Does not: compare digests; see [`super::check`].

use super::Decompress;
use super::range::{Form, Segment};
use super::seekable::{Frame, Table, TableError};
use crate::source::{ByteSource, SourceError};
use crate::storage::Name;
use alloc::string::String;
use alloc::vec::Vec;

/// The files in `segments/`, with a decompressor.
pub trait Archive: Decompress {
    /// An open file.
    type File: ByteSource;

    /// Names of the files; empty if there is no such folder.
    ///
    /// # Errors
    /// Fails if the folder cannot be read.
    fn names(&self) -> Result<Vec<String>, SourceError>;

    /// Opens a file; `None` if there is no file with this name.
    ///
    /// # Errors
    /// Fails if the file exists and cannot be opened.
    fn open(&self, name: &Name) -> Result<Option<Self::File>, SourceError>;

    /// Lends a reader. A host may keep one, in a cell that suits its threads, so that successive reads neither open the
    /// file nor decompress the block again. If it is in use, the host lends a new one instead of waiting.
    fn with_reader<T>(&self, read: impl FnOnce(&mut Reader<Self::File>) -> T) -> T {
        read(&mut Reader::default())
    }
}

/// An opened segment.
enum Opened<F> {
    /// A plain file, with the number of its bytes that count.
    Plain(F, u64),
    /// A compressed file, with its table.
    Compressed(F, Table),
    /// A lost segment, with the reason for a message.
    Lost(&'static str),
}

/// The open segment with its offset and length.
type Open<F> = ((u64, u64), Opened<F>);

/// Reads segments of one archive, and keeps the last file and block.
pub struct Reader<F> {
    /// Read only this form.
    only: Option<Form>,
    open: Option<Open<F>>,
    /// The last block: number of its frame, and its bytes unless they are lost.
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
    /// A reader of segments in one form only.
    pub(super) fn only(form: Form) -> Self {
        Self { only: Some(form), ..Self::default() }
    }

    /// Fills `buffer` with bytes from `offset` in the segment. False if some of them are lost and read as line feeds.
    ///
    /// # Errors
    /// Fails if an existing file cannot be read.
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
                // Some sources refuse even an empty read behind their end.
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

    /// Number of bytes at the segment's start that exist, judged by file and length; all behind them are lost.
    ///
    /// # Errors
    /// Same errors as [`Reader::read`].
    pub(super) fn held(&mut self, archive: &impl Archive<File = F>, segment: &Segment) -> Result<u64, SourceError> {
        self.go_to(archive, segment)?;
        Ok(match &self.open {
            Some((_, Opened::Plain(_, held))) => *held,
            Some((_, Opened::Lost(_))) => 0,
            _ => segment.len,
        })
    }

    /// The damage of a segment, judged by file, length and table.
    ///
    /// # Errors
    /// Same errors as [`Reader::read`].
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

    /// Form of the segment that was read or checked last.
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

/// Fills the place of lost bytes with blank lines, so that a scan continues and offsets stay valid.
pub(super) fn blank(buffer: &mut [u8]) {
    buffer.fill(b'\n');
}
