//! The header of a new log, as pi writes it.
//!
//! Owns: the order of its fields.
//! Invariant: the line is shorter than 64 KiB.

use crate::json::text::write_string;
use crate::log::{MAX_HEADER_BYTES, time};
use alloc::vec::Vec;

/// The values of a new log's header.
#[derive(Debug, Clone, Copy)]
pub struct NewHeader<'a> {
    /// The session's id.
    pub session_id: &'a str,
    /// The current time, Unix milliseconds.
    pub now_ms: i64,
    /// The working directory.
    pub cwd: &'a str,
    /// Path of the log from which this session was forked.
    pub parent_session: Option<&'a str>,
}

impl NewHeader<'_> {
    /// The line without LF; `None` if it is 64 KiB or longer.
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
