//! The header of a session that is born as a log.
//!
//! Owns: nothing of its own: it is the header that a migration would give the same fields.
//! Invariant: header and large fields together say all fields.

use crate::dialect::jcode::fields::Fields;
use crate::dialect::jcode::read::fields::{self, Token};
use crate::dialect::jcode::write::build::{Named, created_at, header};
use crate::json::text::write_string;
use crate::log::{MAX_HEADER_BYTES, time};
use crate::source::SliceSource;
use alloc::vec::Vec;

/// The beginning of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    /// The header's line, without LF.
    pub header: Vec<u8>,
    /// Fields that are too large for it: they belong into a `jcode/meta` entry, the first of the log.
    pub large: Fields,
}

impl Birth {
    /// For a session with these fields. `session_id` and `now_ms` are those of fields without; `parent` is the log that
    /// it was forked from. `None` if the header would be too long.
    #[must_use]
    pub fn of(fields: &Fields, session_id: &str, parent: Option<&str>, now_ms: i64) -> Option<Self> {
        let mut fields = fields.clone();
        if fields.get("created_at").is_none() {
            let mut now = Vec::new();
            write_string(&mut now, &time::format(now_ms)?);
            fields.apply(&Fields::from_iter([("created_at".into(), now)]));
        }
        let object = fields.to_object();
        let sources = [SliceSource(&object)];
        let base = fields::of_object(&sources, Token { source: 0, at: 0, len: object.len() as u64 }).ok()?;
        let created = created_at(&sources, &base, &base).ok()?;
        let mut made = header(&sources, &base, Named { session_id, parent }, &created).ok()?;
        made.line.pop();
        let large = made.large.into_iter().filter_map(|change| {
            let value = fields.get(&change.name)?.to_vec();
            Some((change.name, value))
        });
        let large = large.collect();
        ((made.line.len() as u64) < MAX_HEADER_BYTES).then_some(Self { header: made.line, large })
    }
}
