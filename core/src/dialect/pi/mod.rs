//! pi's dialects: the current one and the older ones.
//!
//! Owns: how the header's version determines the dialect, the recognition of newer formats, and the upgrade of older
//! ones (`lines`, proved by `check`).
//! Invariant: a log without a header is in the current dialect if at least as many of its records are entries as are
//! not.

mod check;
mod lines;

use super::head::Head;
use super::kind::{Detected, Newer, What};
use super::reader::DialectReader;
use super::upgraded::UpgradedLog;
use crate::json::text;
use crate::log::{Dialect, HEAD_BYTES, Header};
use crate::source::{ByteSource, SourceError};
use alloc::string::String;
use core::ops::ControlFlow;

pub use check::{CheckError, check_upgrade};
use lines::upgrade_lines;

/// The version of the current dialect.
const CURRENT: i64 = 3;

/// The reader of pi's dialects.
pub(super) struct Pi;

impl DialectReader for Pi {
    fn detect(&self, head: &Head<'_>) -> Option<Detected> {
        match head.header() {
            Some(header) if is_certain(header, head) => Some(by_version(header, head.len)),
            Some(_) => None,
            None => later_format(head).or_else(|| head.is_headless().then(Detected::headless)),
        }
    }

    fn present(
        &self,
        source: &dyn ByteSource,
        detected: &Detected,
        tick: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> Result<Option<UpgradedLog<()>>, SourceError> {
        let dialect = detected.dialect;
        if !matches!(dialect, Dialect::TreeV2 | Dialect::LinearV1) {
            return Ok(None);
        }
        let upgraded = upgrade_lines(source, dialect, detected.header.as_ref(), tick)?;
        Ok(Some(upgraded.over(())))
    }
}

/// Accepts a header behind other records only if it says more than its type, because other programs have sessions too.
fn is_certain(header: &Header, head: &Head<'_>) -> bool {
    head.records().is_empty() || header.session_id.is_some() && (header.cwd.is_some() || header.version > 1)
}

/// The text that an upgrade adds to a header without a version.
const VERSION: &str = r#","version":3"#;

fn by_version(header: &Header, len: u64) -> Detected {
    if header.version <= 1 && header.end() + VERSION.len() as u64 > HEAD_BYTES {
        // Its upgrade would have an endless header.
        return Detected::other(What::EndlessHeader, len);
    }
    let dialect = match header.version {
        ..=1 => Dialect::LinearV1,
        2 => Dialect::TreeV2,
        CURRENT => Dialect::TreeV3,
        newer => return Detected::newer(Newer::Version(newer), header.clone()),
    };
    Detected::log(dialect, Some(header.clone()))
}

/// Detects format 4 and later: the header has a `kind` and no `type`, and a line is one write or an array of writes.
fn later_format(head: &Head<'_>) -> Option<Detected> {
    let headers = head.records().iter().filter(|record| record.text("kind") == "header");
    let version = |token: &[u8]| text::integer(token).filter(|&version| version > CURRENT);
    let (record, version) = headers.filter_map(|record| Some((record, record.get("v").and_then(version)?))).next()?;
    let named = |name: &str| Some(record.text(name).into_owned()).filter(|text: &String| !text.is_empty());
    let header = Header {
        offset: record.offset,
        len: record.len,
        line: record.line,
        session_id: named("id"),
        version,
        created_at: record.get("createdAt").and_then(text::integer),
        cwd: named("cwd"),
        parent_session: None,
    };
    Some(Detected::newer(Newer::Pi(version), header))
}
