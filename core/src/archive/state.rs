//! The state of a log: its length, and a digest of its bytes.
//!
//! If you change the digest, then every archive becomes unreadable; section 12.2 of `docs/format.md` is the rule.
//!
//! Owns: [`Digest`], [`State`], and the hasher that makes states of a growing prefix.
//! Invariant: a state depends on the bytes alone, not on how they were cut into pieces. Two states of one log need the
//! bytes of its last block only, once the digests of the blocks before it are known.

use alloc::string::String;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Bytes of a block.
pub const BLOCK: u64 = 1 << 20;

/// The first 16 bytes of a BLAKE3 digest; as text 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 16]);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::from_hash(&blake3::hash(bytes))
    }

    /// The digest in a finished hash.
    #[must_use]
    pub fn from_hash(hash: &blake3::Hash) -> Self {
        Self(*hash.as_bytes().first_chunk().unwrap_or(&[0; 16]))
    }

    /// Parses 32 lower-case hex digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 16];
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return None;
        }
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Some(byte - b'0'),
            b'a'..=b'f' => Some(byte - b'a' + 10),
            _ => None,
        };
        for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = digit(high)? << 4 | digit(low)?;
        }
        Some(Self(bytes))
    }
}

impl core::fmt::Display for Digest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl core::fmt::Debug for Digest {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{self}")
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        alloc::format!("{digest}")
    }
}

impl TryFrom<String> for Digest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not 32 hex digits")
    }
}

/// The state of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    /// Length in bytes.
    pub len: u64,
    /// Digest of length and blocks.
    pub digest: Digest,
}

impl State {
    /// The state of a log of `len` bytes whose blocks, the last one partial, have these digests.
    #[must_use]
    pub fn new(len: u64, blocks: &[Digest]) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&len.to_le_bytes());
        blocks.iter().for_each(|block| {
            hasher.update(&block.0);
        });
        Self { len, digest: Digest::from_hash(&hasher.finalize()) }
    }

    /// The state of a log without bytes.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(0, &[])
    }
}

/// Makes states of a log while its bytes pass.
#[derive(Debug, Clone)]
pub struct StateHasher {
    len: u64,
    whole: Vec<Digest>,
    block: blake3::Hasher,
}

impl Default for StateHasher {
    fn default() -> Self {
        Self::behind(Vec::new())
    }
}

impl StateHasher {
    /// A hasher that continues behind whole blocks with these digests.
    #[must_use]
    pub fn behind(whole: Vec<Digest>) -> Self {
        Self { len: whole.len() as u64 * BLOCK, whole, block: blake3::Hasher::new() }
    }

    /// Adds bytes.
    pub fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let left = usize::try_from(BLOCK - self.len % BLOCK).unwrap_or(usize::MAX);
            let (now, later) = bytes.split_at(left.min(bytes.len()));
            self.block.update(now);
            self.len += now.len() as u64;
            if self.len.is_multiple_of(BLOCK) {
                self.whole.push(Digest::from_hash(&self.block.finalize()));
                self.block.reset();
            }
            bytes = later;
        }
    }

    /// Number of bytes so far.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// True before the first byte.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The digests of the blocks so far, the last one partial.
    #[must_use]
    pub fn blocks(&self) -> Vec<Digest> {
        let mut blocks = self.whole.clone();
        if !self.len.is_multiple_of(BLOCK) {
            blocks.push(Digest::from_hash(&self.block.finalize()));
        }
        blocks
    }

    /// The state so far.
    #[must_use]
    pub fn state(&self) -> State {
        State::new(self.len, &self.blocks())
    }
}

/// Makes the digest of a file while its bytes pass.
#[derive(Debug, Clone, Default)]
pub struct FileHasher(blake3::Hasher);

impl FileHasher {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest so far.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::from_hash(&self.0.finalize())
    }
}
