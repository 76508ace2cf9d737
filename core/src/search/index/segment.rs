//! A segment: what was noted of the blocks of many logs, by bucket.
//!
//! Owns: the form of its file, and how a need becomes a set of blocks. Numbers are little endian; those of lists are
//! varints (seven bits a byte, the lowest first).
//!
//! ```text
//!  0  FORMAT           8 bytes
//!  8  digest of what follows, up to the groups: the first 8 bytes of BLAKE3
//! 16  id, 8 bytes; length of all before the groups, blocks, pieces, groups: 4 bytes each
//!     of each group: where it ends, 4 bytes, and its digest, 8 bytes
//!     of each piece: length of its path, 4 bytes, path; device, inode, length, mtime, ctime, digest of what lies
//!     beside, base: 8 bytes each; first block of its log, blocks: 4 bytes each
//!     groups: of each bucket that a block has, in order: its distance to the one before (to the first of the group),
//!     length of its list in bytes << 5 | coding; the list
//! ```
//!
//! Invariant: bytes that were changed anywhere give no answer, never another one.

use super::grams::{BUCKETS, BlockGrams};
use super::lists::{Blocks, Coding, decode, encode};
use super::need::Need;
use crate::source::ByteSource;
use crate::source::identity::FileStamp;
use alloc::vec::Vec;
use core::ops::Range;

/// What a segment of this version begins with.
pub(super) const FORMAT: [u8; 8] = *b"jcgrams1";
/// Bytes of a group, about.
const GROUP: u64 = 4096;
const FIXED: usize = 40;
/// Bytes of all before the groups at most: no path of ours is longer than a system takes, and blocks are few.
const MAX_HEAD: u32 = 64 << 20;

/// Blocks of one log in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The log, or the snapshot of a v1 session; its real path as bytes.
    pub path: Vec<u8>,
    /// What the file was when it was indexed: it counts only as long as it is that.
    pub stamp: FileStamp,
    /// Digest over the stamps of what else was read; 0 if nothing was.
    pub beside: u64,
    /// The segment that has the blocks of this log before these; 0 if these are the first.
    pub base: u64,
    /// Its first block, by number in the log.
    pub first: u32,
    /// Number of its blocks.
    pub count: u32,
}

/// A segment, without what its groups hold.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Tells it from all others.
    pub id: u64,
    /// Its pieces; their blocks are in this order.
    pub pieces: Vec<Piece>,
    /// All its blocks.
    pub blocks: u32,
    groups: Vec<Group>,
}

#[derive(Debug, Clone)]
struct Group {
    bytes: Range<u64>,
    digest: u64,
}

/// Buckets of a group, of so many groups.
const fn span(groups: u32) -> u32 {
    BUCKETS.div_ceil(if groups == 0 { 1 } else { groups })
}

impl Segment {
    /// Reads what stands before the groups; nothing if it is no segment, or damaged.
    #[must_use]
    pub fn read(source: &(impl ByteSource + ?Sized)) -> Option<Self> {
        let fixed = source.read_vec(0, FIXED).ok()?;
        let mut fields = Fields(&fixed);
        let (format, digest) = (fields.take(8)?, fields.u64()?);
        let (id, len) = (fields.u64()?, fields.u32()?);
        let (blocks, pieces, groups) = (fields.u32()?, fields.u32()?, fields.u32()?);
        if format != FORMAT || len > MAX_HEAD || (len as usize) < FIXED || blocks > u32::from(u16::MAX) {
            return None;
        }
        let head = source.read_vec(0, len as usize).ok()?;
        if short_digest(head.get(16..)?) != digest {
            return None;
        }
        let mut fields = Fields(head.get(FIXED..)?);
        let mut at = u64::from(len);
        let mut read_group = || {
            let end = u64::from(len) + u64::from(fields.u32()?);
            let bytes = at..end;
            at = end;
            Some(Group { digest: fields.u64()?, bytes })
        };
        let groups: Vec<Group> = (0..groups).map_while(|_| read_group()).collect();
        let pieces: Vec<Piece> = (0..pieces).map_while(|_| fields.piece()).collect();
        let counted: u64 = pieces.iter().map(|piece| u64::from(piece.count)).sum();
        let is_whole = at == source.len() && groups.iter().all(|group| group.bytes.start <= group.bytes.end);
        (is_whole && counted == u64::from(blocks)).then_some(Self { id, pieces, blocks, groups })
    }

    /// The blocks that may hold what is needed; nothing if the segment is damaged where it was looked at.
    #[must_use]
    pub fn holding(&self, source: &(impl ByteSource + ?Sized), need: &Need) -> Option<Blocks> {
        self.eval(&mut Lists { segment: self, source, last: None }, need)
    }

    fn eval<S: ByteSource + ?Sized>(&self, lists: &mut Lists<'_, S>, need: &Need) -> Option<Blocks> {
        match need {
            Need::Nothing => Some(Blocks::all(self.blocks)),
            Need::Buckets(buckets) => lists.common(buckets),
            Need::All(needs) => {
                let mut common = Blocks::all(self.blocks);
                for need in needs {
                    if !common.is_empty() {
                        common.keep(&self.eval(lists, need)?);
                    }
                }
                Some(common)
            }
            Need::One(needs) => {
                let mut any = Blocks::none(self.blocks);
                for need in needs {
                    any.extend(&self.eval(lists, need)?);
                }
                Some(any)
            }
        }
    }
}

/// Lists of a segment as they are read.
struct Lists<'s, S: ?Sized> {
    segment: &'s Segment,
    source: &'s S,
    /// The group that was read last.
    last: Option<(usize, Vec<u8>)>,
}

/// Blocks that are so few that reading them costs less than looking at further lists.
const FEW: u32 = 2;

impl<S: ByteSource + ?Sized> Lists<'_, S> {
    /// The blocks that have all of these buckets. Short lists first, as far as it pays.
    fn common(&mut self, buckets: &[u32]) -> Option<Blocks> {
        let mut lists = Vec::with_capacity(buckets.len());
        for &bucket in buckets {
            match self.list(bucket)? {
                Some(list) => lists.push(list),
                None => return Some(Blocks::none(self.segment.blocks)),
            }
        }
        lists
            .sort_by_key(|(coding, list)| list.len() + usize::from(coding.to_bits() >> 4 == 1) * usize::from(u16::MAX));
        let mut common: Option<Blocks> = None;
        for (coding, list) in lists {
            if common.as_ref().is_some_and(|common| common.len() <= FEW) {
                break;
            }
            let blocks = decode(&list, coding, self.segment.blocks)?;
            match &mut common {
                Some(common) => common.keep(&blocks),
                None => common = Some(blocks),
            }
        }
        Some(common.unwrap_or_else(|| Blocks::all(self.segment.blocks)))
    }

    /// The list of a bucket, `Some(None)` if no block has it; nothing if it cannot be read.
    #[expect(clippy::option_option, reason = "no list, and no answer")]
    fn list(&mut self, bucket: u32) -> Option<Option<(Coding, Vec<u8>)>> {
        let span = span(u32::try_from(self.segment.groups.len()).ok()?);
        let number = (bucket / span) as usize;
        if self.last.as_ref().is_none_or(|(last, _)| *last != number) {
            let group = self.segment.groups.get(number)?;
            let len = usize::try_from(group.bytes.end - group.bytes.start).ok()?;
            let bytes = self.source.read_vec(group.bytes.start, len).ok()?;
            if short_digest(&bytes) != group.digest {
                return None;
            }
            self.last = Some((number, bytes));
        }
        let (_, bytes) = self.last.as_ref()?;
        let mut fields = Fields(bytes);
        let mut at = u32::try_from(number).ok()? * span;
        while !fields.0.is_empty() {
            at = at.checked_add(fields.varint()?)?;
            let header = fields.varint()?;
            let list = fields.take((header >> 5) as usize)?;
            if at >= bucket {
                return Some((at == bucket).then(|| (Coding::from_bits(header & 31), list.to_vec())));
            }
        }
        Some(None)
    }
}

/// Makes a segment.
#[derive(Debug, Default)]
pub struct SegmentBuilder {
    pieces: Vec<Piece>,
    /// The buckets of all blocks, one block behind the other, and where each ends.
    buckets: Vec<u32>,
    ends: Vec<usize>,
}

impl SegmentBuilder {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next block of the piece that is added next.
    pub fn block(&mut self, grams: &mut BlockGrams) {
        grams.take(&mut self.buckets);
        self.ends.push(self.buckets.len());
    }

    /// Adds a piece: the blocks since the last one.
    pub fn piece(&mut self, piece: Piece) {
        self.pieces.push(piece);
    }

    /// Number of blocks.
    #[must_use]
    pub fn blocks(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    /// Forgets the blocks from a number on, of a piece that is not to be added.
    pub fn truncate(&mut self, blocks: u32) {
        self.ends.truncate(blocks as usize);
        self.buckets.truncate(self.ends.last().copied().unwrap_or_default());
    }

    /// The file of the segment.
    #[must_use]
    pub fn finish(&self, id: u64) -> Vec<u8> {
        let (starts, numbers) = self.by_bucket();
        let list = |bucket: usize| {
            let (start, end) = (starts.get(bucket).copied()?, starts.get(bucket + 1).copied()?);
            numbers.get(start as usize..end as usize).filter(|list| !list.is_empty())
        };
        // About what they come to: a list of few blocks takes three bytes, one of many two bits a block.
        let guess = starts.windows(2).filter(|pair| matches!(pair, [a, b] if a != b)).count() as u64 * 3
            + numbers.len() as u64 / 4;
        let groups = u32::try_from(guess / GROUP).unwrap_or(u32::MAX).clamp(1, 4096);
        let (mut data, mut directory, mut code) = (Vec::new(), Vec::new(), Vec::new());
        for group in 0..groups {
            let first = group * span(groups);
            let (start, mut before) = (data.len(), first);
            for bucket in first..(first + span(groups)).min(BUCKETS) {
                let Some(list) = list(bucket as usize) else { continue };
                code.clear();
                let coding = encode(list, self.blocks(), &mut code);
                put_varint(bucket - before, &mut data);
                put_varint((code.len() as u32) << 5 | coding.to_bits(), &mut data);
                data.extend_from_slice(&code);
                before = bucket;
            }
            directory.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
            let digest = short_digest(data.get(start..).unwrap_or_default());
            directory.extend_from_slice(&digest.to_le_bytes());
        }
        let mut rest = Vec::new();
        self.pieces.iter().for_each(|piece| put_piece(piece, &mut rest));
        let len = u32::try_from(FIXED + directory.len() + rest.len()).unwrap_or(u32::MAX);
        let numbers = [len, self.blocks(), u32::try_from(self.pieces.len()).unwrap_or(u32::MAX), groups];
        let mut digested = id.to_le_bytes().to_vec();
        numbers.iter().for_each(|number| digested.extend_from_slice(&number.to_le_bytes()));
        digested.extend(directory.into_iter().chain(rest));
        let digest = short_digest(&digested).to_le_bytes();
        [&FORMAT[..], &digest, &digested, &data].concat()
    }

    /// The numbers of the blocks that have each bucket, one list behind the other, and where each begins.
    fn by_bucket(&self) -> (Vec<u32>, Vec<u16>) {
        let mut starts = alloc::vec![0_u32; BUCKETS as usize + 1];
        for &bucket in &self.buckets {
            if let Some(count) = starts.get_mut(bucket as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut numbers = alloc::vec![0_u16; self.buckets.len()];
        let mut from = 0;
        for (&end, number) in self.ends.iter().zip(0..) {
            for &bucket in self.buckets.get(from..end).unwrap_or_default() {
                let Some(place) = next.get_mut(bucket as usize) else { continue };
                if let Some(slot) = numbers.get_mut(*place as usize) {
                    *slot = number;
                }
                *place += 1;
            }
            from = end;
        }
        (starts, numbers)
    }
}

fn put_piece(piece: &Piece, out: &mut Vec<u8>) {
    let Piece { path, stamp, beside, base, first, count } = piece;
    out.extend_from_slice(&u32::try_from(path.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(path);
    let (mtime, ctime) = (stamp.mtime_ns.cast_unsigned(), stamp.ctime_ns.cast_unsigned());
    for number in [stamp.dev, stamp.ino, stamp.len, mtime, ctime, *beside, *base] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    for number in [*first, *count] {
        out.extend_from_slice(&number.to_le_bytes());
    }
}

fn put_varint(mut number: u32, out: &mut Vec<u8>) {
    while number > 127 {
        out.push((number & 127) as u8 | 128);
        number >>= 7;
    }
    out.push((number & 127) as u8);
}

/// Fields, one behind the other.
struct Fields<'b>(&'b [u8]);

impl<'b> Fields<'b> {
    fn take(&mut self, len: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn varint(&mut self) -> Option<u32> {
        let mut number = 0_u32;
        for shift in (0..32).step_by(7) {
            let byte = *self.take(1)?.first()?;
            number |= u32::from(byte & 127).checked_shl(shift)?;
            if byte < 128 {
                return Some(number);
            }
        }
        None
    }

    fn piece(&mut self) -> Option<Piece> {
        let len = self.u32()? as usize;
        let path = self.take(len)?.to_vec();
        let (dev, ino, len) = (self.u64()?, self.u64()?, self.u64()?);
        let (mtime_ns, ctime_ns) = (self.u64()?.cast_signed(), self.u64()?.cast_signed());
        let (beside, base) = (self.u64()?, self.u64()?);
        let (first, count) = (self.u32()?, self.u32()?);
        let stamp = FileStamp { dev, ino, len, mtime_ns, ctime_ns };
        Some(Piece { path, stamp, beside, base, first, count })
    }
}

fn short_digest(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(blake3::hash(bytes).as_bytes().first_chunk().copied().unwrap_or_default())
}
