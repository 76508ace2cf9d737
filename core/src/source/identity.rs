//! Is a sidecar's log still the log that was indexed?
//!
//! Owns: the cheap content fingerprint and the decision fresh, grown or stale (docs/format.md, section 4).
//! Invariant: the cost does not depend on the log's size; "fresh" and "grown" are given only where the sampled bytes
//! agree, or where the file system says that nobody touched the file.
//! Does not: prove equality. `verify` does.

use crate::source::{ByteSource, SourceError};
use alloc::vec::Vec;

/// Bytes looked at, at the start and before the end.
const EDGE: u64 = 4096;
/// Fixed samples between them, and their size.
const SAMPLES: u64 = 8;
const SAMPLE: u64 = 256;

/// What the file system says about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FileStamp {
    /// Device.
    pub dev: u64,
    /// Inode, or the host's nearest thing.
    pub ino: u64,
    /// Length in bytes.
    pub len: u64,
    /// Modification time, Unix nanoseconds.
    pub mtime_ns: i64,
    /// Time of the last change to content or inode, Unix nanoseconds.
    pub ctime_ns: i64,
}

impl FileStamp {
    /// The same file, and as long; times change with every touch.
    #[must_use]
    pub const fn is_as_left(&self, other: &Self) -> bool {
        self.is_same_file(other) && self.len == other.len
    }

    /// Both are of one file, whatever was written to it between.
    #[must_use]
    pub const fn is_same_file(&self, other: &Self) -> bool {
        self.dev == other.dev && self.ino == other.ino
    }
}

/// Digests of a log's head, of its end, and of samples between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    head: [u8; 8],
    tail: [u8; 8],
    samples: [u8; 8],
}

/// How a log stands to what was indexed of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Nothing happened to the file.
    Fresh,
    /// The file was touched, copied or moved; its content is what was indexed.
    Restamp,
    /// Bytes were added, the rest is what was indexed.
    Grown,
    /// Anything else: the index says nothing about this log.
    Stale,
}

impl Fingerprint {
    /// Takes the fingerprint of the first `len` bytes.
    ///
    /// # Errors
    /// If the source cannot be read that far.
    pub fn take(source: &(impl ByteSource + ?Sized), len: u64) -> Result<Self, SourceError> {
        let mut samples = blake3::Hasher::new();
        for i in 1..=SAMPLES {
            let at = len / (SAMPLES + 1) * i;
            samples.update(&read(source, at, (at + SAMPLE).min(len))?);
        }
        Ok(Self {
            head: head(source, len)?,
            tail: short(blake3::hash(&read(source, len.saturating_sub(EDGE), len)?).as_bytes()),
            samples: short(samples.finalize().as_bytes()),
        })
    }

    /// The stored form.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        [self.head, self.tail, self.samples].concat()
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let part = |at: usize| bytes.get(at..at + 8)?.try_into().ok();
        (bytes.len() == 24).then_some(())?;
        Some(Self { head: part(0)?, tail: part(8)?, samples: part(16)? })
    }
}

/// Compares a log with what was recorded when it was indexed.
///
/// # Errors
/// If the log cannot be read.
pub fn judge(
    recorded: &FileStamp,
    fingerprint: &Fingerprint,
    now: &FileStamp,
    source: &(impl ByteSource + ?Sized),
) -> Result<Freshness, SourceError> {
    if recorded == now {
        return Ok(Freshness::Fresh);
    }
    if now.len < recorded.len {
        return Ok(Freshness::Stale);
    }
    let taken = Fingerprint::take(source, recorded.len)?;
    if taken != *fingerprint {
        return Ok(Freshness::Stale);
    }
    Ok(if now.len == recorded.len { Freshness::Restamp } else { Freshness::Grown })
}

fn head(source: &(impl ByteSource + ?Sized), len: u64) -> Result<[u8; 8], SourceError> {
    Ok(short(blake3::hash(&read(source, 0, EDGE.min(len))?).as_bytes()))
}

fn read(source: &(impl ByteSource + ?Sized), from: u64, to: u64) -> Result<Vec<u8>, SourceError> {
    source.read_vec(from, usize::try_from(to.saturating_sub(from)).unwrap_or_default())
}

fn short(digest: &[u8; 32]) -> [u8; 8] {
    let mut out = [0; 8];
    out.copy_from_slice(digest.first_chunk::<8>().unwrap_or(&[0; 8]));
    out
}
