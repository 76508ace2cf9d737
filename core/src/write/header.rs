//! The header of a new log, as pi writes it.
//!
//! Owns: field order. Invariant: the line is under 64 KiB, or there is none.
//! Does not: choose ids or times.

use crate::json::text::write_string;
use crate::log::{MAX_HEADER_BYTES, time};
use alloc::vec::Vec;

/// What a new log's header says.
#[derive(Debug, Clone, Copy)]
pub struct NewHeader<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// Now, Unix milliseconds.
    pub now_ms: i64,
    /// The working directory.
    pub cwd: &'a str,
    /// The session that this one was forked from: the path of its log.
    pub parent_session: Option<&'a str>,
}

impl NewHeader<'_> {
    /// The line, without LF; `None` if it would be too long for a header.
    #[must_use]
    pub fn line(&self) -> Option<Vec<u8>> {
        let mut line = br#"{"type":"session","version":3,"id":"#.to_vec();
        write_string(&mut line, self.session_id);
        line.extend_from_slice(br#","timestamp":"#);
        write_string(&mut line, &time::format(self.now_ms).unwrap_or_default());
        line.extend_from_slice(br#","cwd":"#);
        write_string(&mut line, self.cwd);
        if let Some(parent) = self.parent_session {
            line.extend_from_slice(br#","parentSession":"#);
            write_string(&mut line, parent);
        }
        line.push(b'}');
        ((line.len() as u64) < MAX_HEADER_BYTES).then_some(line)
    }
}
