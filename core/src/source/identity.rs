//! Freshness: whether a sidecar's log is still the log that was indexed.
//!
//! If you change the fingerprint, then those in sidecars, ledgers and manifests on disk no longer match; change section
//! 4.1 of `docs/format.md` too.
//!
//! Owns: the fingerprint of a log's content, and the verdict fresh, grown or stale (section 4.2 of `docs/format.md`).
//! Invariant: the cost does not depend on the log's size. The verdicts "fresh" and "grown" require equal sampled bytes
//! or an unchanged file stamp.
//! Does not: prove equality; `verify` does.

use crate::source::{ByteSource, SourceError};
use alloc::vec::Vec;

/// Bytes that the fingerprint reads at the start and before the end.
const EDGE: u64 = 4096;
/// Number of samples between them, and their size.
const SAMPLES: u64 = 8;
const SAMPLE: u64 = 256;

/// What the file system says about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FileStamp {
    /// Device.
    pub dev: u64,
    /// Inode, or the host's nearest equivalent.
    pub ino: u64,
    /// Length in bytes.
    pub len: u64,
    /// Modification time, Unix nanoseconds.
    pub mtime_ns: i64,
    /// Time of the last change to content or inode, Unix nanoseconds.
    pub ctime_ns: i64,
}

impl FileStamp {
    /// True for the same file with the same length; times may differ, because any touch changes them.
    #[must_use]
    pub const fn is_as_left(&self, other: &Self) -> bool {
        self.is_same_file(other) && self.len == other.len
    }

    /// True for the same file, whatever was written to it.
    #[must_use]
    pub const fn is_same_file(&self, other: &Self) -> bool {
        self.dev == other.dev && self.ino == other.ino
    }
}

/// Digests of a log's start, of its end, and of samples between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    head: [u8; 8],
    tail: [u8; 8],
    samples: [u8; 8],
}

/// The state of a log compared with its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The stamp is unchanged.
    Fresh,
    /// The file was touched, copied or moved; its fingerprint is unchanged.
    Restamp,
    /// Bytes were added; the fingerprint of the earlier bytes is unchanged.
    Grown,
    /// Anything else: the index does not describe this log.
    Stale,
}

impl Fingerprint {
    /// Takes the fingerprint of the first `len` bytes.
    ///
    /// # Errors
    /// Fails if the source cannot be read that far.
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

/// Compares a log with the stamp and the fingerprint that were recorded when it was indexed.
///
/// # Errors
/// Fails if the log cannot be read.
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
