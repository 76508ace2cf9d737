//! Framing. Owns the cut of a log into lines: only LF ends a line, and a byte order mark at the start of the file
//! belongs to no line. The content of a line is not judged.

use crate::oracle::json::is_blank;

/// A line without its LF.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// From 1.
    pub number: u64,
    /// Where it starts in the file.
    pub start: usize,
    pub bytes: &'a [u8],
    /// Whether an LF ends it.
    pub terminated: bool,
}

impl Line<'_> {
    pub fn is_blank(&self) -> bool {
        self.bytes.iter().copied().all(is_blank)
    }
}

/// The lines of a log; an LF at the end of the file starts no further line.
pub fn lines(bytes: &[u8]) -> Vec<Line<'_>> {
    let mut start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut lines = Vec::new();
    for piece in bytes[start..].split_inclusive(|&byte| byte == b'\n') {
        let content = piece.strip_suffix(b"\n").unwrap_or(piece);
        lines.push(Line {
            number: lines.len() as u64 + 1,
            start,
            bytes: content,
            terminated: content.len() < piece.len(),
        });
        start += piece.len();
    }
    lines
}
