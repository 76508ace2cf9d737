//! The steps that all tests of v1 share: replay, present, index, export, grow.
//!
//! Owns: these steps over bytes, and the comparison of a log with the session as jcode loads it.
//! Invariant: a step that fails panics.

use crate::jcode_model::{V1Files, normal_form, value_of};
use jcode_session_core::dialect::jcode::replay;
use jcode_session_core::dialect::jcode::{Growth, Replay, ReplayError, V1Sources, export, plan_growth, present};
use jcode_session_core::index::row::{Row, RowSink, Seq};
use jcode_session_core::index::{Built, IndexBuilder};
use jcode_session_core::log::{LogScan, scan_source};
use jcode_session_core::source::{ByteSource, SliceSource, SourceError, go_on};
use serde_json::Value;
use std::ops::{ControlFlow, Range};

/// A source without a view, as on hosts without mapped files.
pub struct Unmapped<'a>(pub &'a [u8]);

impl ByteSource for Unmapped<'_> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        SliceSource(self.0).read_at(offset, buffer)
    }
}

pub fn sources_of(files: &V1Files) -> V1Sources<SliceSource<'_>> {
    V1Sources {
        session_id: "session_stem".into(),
        snapshot: files.snapshot.as_deref().map(SliceSource),
        bak: files.bak.as_deref().map(SliceSource),
        journal: files.journal.as_deref().map(SliceSource),
    }
}

pub fn replay_of(files: &V1Files) -> Result<Replay<SliceSource<'_>>, ReplayError> {
    replay(sources_of(files), &mut go_on)
}

/// All bytes of a source, read in pieces of odd sizes, as readers do.
pub fn bytes_of(source: &impl ByteSource) -> Vec<u8> {
    let mut all = Vec::new();
    let mut step = 1;
    while (all.len() as u64) < source.len() {
        let take = step.min(source.len() as usize - all.len());
        all.extend(source.read_vec(all.len() as u64, take).expect("a v1 session that can be read"));
        step = step * 7 % 65_521 + 1;
    }
    all
}

/// The log that `migrate` would write.
pub fn migrated(files: &V1Files) -> Vec<u8> {
    let log = bytes_of(&present(replay_of(files).expect("a v1 session that can be read")).unwrap());
    let unmapped = V1Sources {
        session_id: "session_stem".into(),
        snapshot: files.snapshot.as_deref().map(Unmapped),
        bak: files.bak.as_deref().map(Unmapped),
        journal: files.journal.as_deref().map(Unmapped),
    };
    let other = bytes_of(&present(replay(unmapped, &mut go_on).expect("a v1 session that can be read")).unwrap());
    assert!(log == other, "with and without a view the same bytes");
    log
}

#[derive(Default)]
pub struct Ranges(pub Vec<Range<u64>>);

impl RowSink for Ranges {
    fn row(&mut self, row: Row<'_>) -> ControlFlow<()> {
        self.0.push(row.offset..row.offset + row.len);
        ControlFlow::Continue(())
    }
}

pub fn index(log: &[u8]) -> Built<Ranges> {
    let mut builder = IndexBuilder::with_findings(Ranges::default());
    scan_source(&SliceSource(log), 0..log.len() as u64, LogScan::full(), &mut builder, &mut go_on)
        .expect("a v1 session that can be read");
    builder.finish()
}

/// The ranges of the active path.
pub fn active_path(built: &Built<Ranges>) -> Vec<Range<u64>> {
    let last: Option<Seq> = built.entry_count().checked_sub(1);
    let path = std::iter::successors(last, |&seq| built.parent(seq));
    let mut path: Vec<_> = path.map(|seq| built.rows.0[seq as usize].clone()).collect();
    path.reverse();
    path
}

pub fn exported(log: &[u8]) -> Value {
    let path = active_path(&index(log));
    let mut out = Vec::new();
    export(&SliceSource(log), path.into_iter(), &mut |bytes| {
        out.extend_from_slice(bytes);
        Ok::<(), ()>(())
    })
    .expect("a v1 session that can be read");
    value_of(&out).unwrap_or_else(|| panic!("no JSON: {}", String::from_utf8_lossy(&out)))
}

/// Checks that the log is clean and that its export is `expected`.
pub fn check(log: &[u8], expected: &Value, context: &str) {
    let built = index(log);
    assert!(built.findings.is_empty(), "{context}: {:?}", built.findings);
    let header = built.header.as_ref().unwrap_or_else(|| panic!("{context}: no header"));
    assert!(header.len < 64 * 1024, "{context}: header");
    let (got, want) = (normal_form(&exported(log)), normal_form(expected));
    if got != want {
        for (key, value) in want.as_object().expect("a v1 session that can be read") {
            if got.get(key) != Some(value) {
                let (a, b) = (got.get(key).map(Value::to_string), value.to_string());
                let a = a.unwrap_or_default();
                let cut = |s: &str| s.chars().take(3000).collect::<String>();
                panic!("{context}: `{key}` differs\n got {}\nwant {}", cut(&a), cut(&b));
            }
        }
        panic!(
            "{context}: more fields than expected: {:?}",
            got.as_object().expect("a v1 session that can be read").keys()
        );
    }
}

/// The log after growth, or `None` if it diverged. Old bytes stay, and a second plan is empty.
pub fn grown(log: &[u8], files: &V1Files) -> Option<Vec<u8>> {
    let plan = |log: &[u8]| match plan_growth(
        &SliceSource(log),
        replay_of(files).expect("a v1 session that can be read"),
        &mut go_on,
    )
    .unwrap()
    {
        Growth::Nothing => Some(Vec::new()),
        Growth::Append(more) => Some(bytes_of(&more)),
        Growth::Diverged => None,
    };
    let mut new = log.to_vec();
    new.extend(plan(log)?);
    let again = plan(&new).expect("what was just brought up to date has not diverged");
    assert!(again.is_empty(), "a second plan appends {}", String::from_utf8_lossy(&again));
    Some(new)
}
