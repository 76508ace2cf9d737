//! A session that its agent packed: `<name>.jsonl.zst`, a Zstandard stream of its lines.
//!
//! Owns: unpacking it, into memory: a stream cannot be read at positions. Invariant: what was unpacked before a stream
//! breaks off is given, and the break is told; no more is unpacked than [`MOST`].
//! Does not: pack.

use jcode_session_core::finding::{Code, Finding};
use std::fs::File;
use std::io::{self, Read};

/// Bytes to which a file is unpacked at most.
const MOST: u64 = 1 << 30;

/// What was unpacked.
#[derive(Debug)]
pub(super) struct Unpacked {
    /// The lines.
    pub(super) bytes: Vec<u8>,
    /// Why there are no more of them, if there should be.
    broken: Option<String>,
}

impl Unpacked {
    /// Unpacks a file.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        let mut unpacked = Self { bytes: Vec::new(), broken: None };
        let decoder = zstd::stream::read::Decoder::new(file)?;
        // What was read before an error stays.
        if let Err(error) = decoder.take(MOST + 1).read_to_end(&mut unpacked.bytes) {
            unpacked.broken = Some(error.to_string());
        }
        if unpacked.bytes.len() as u64 > MOST {
            unpacked.bytes.truncate(1 << 30);
            unpacked.broken = Some(String::from("it is longer than 1 GiB"));
        }
        Ok(unpacked)
    }

    /// The break, as a finding.
    pub(super) fn finding(&self) -> Option<Finding> {
        let why = self.broken.as_ref()?;
        let len = self.bytes.len();
        let words = format!("the packed file cannot be unpacked to its end ({why}); its first {len} bytes are read");
        Some(Finding { byte_offset: Some(len as u64), ..Finding::new(Code::TornTail).say(words) })
    }
}
