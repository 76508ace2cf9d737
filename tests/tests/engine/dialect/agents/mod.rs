//! Sessions of other agents, shown as logs: held against readers that share nothing with the engine.

mod claude_code;

use jcode_session_core::dialect::{FileKind, detect, present};
use jcode_session_core::finding::Finding;
use jcode_session_core::index::IndexBuilder;
use jcode_session_core::log::{LogScan, scan_source};
use jcode_session_core::source::{ByteSource, SliceSource};
use jcode_session_tests::oracle::agents::Shown;
use std::ops::ControlFlow;

/// The log that shows a source, its bytes, and what is wrong with the source.
fn show(source: &[u8], dialect: &str) -> (Shown, Vec<u8>, Vec<Finding>) {
    let detected = detect(&SliceSource(source)).expect("in memory");
    assert_eq!((detected.kind, detected.dialect.name()), (FileKind::Foreign, dialect));
    let log = present(SliceSource(source), &detected, &mut |_| ControlFlow::Continue(())).expect("readable");
    let bytes = log.read_vec(0, usize::try_from(log.len()).expect("small")).expect("in memory");
    let mut builder = IndexBuilder::with_findings(());
    let end = scan_source(&log, 0..log.len(), LogScan::full(), &mut builder, &mut |_| ControlFlow::Continue(()));
    let findings = log.at_origin(builder.finish_at(&end.expect("in memory")).findings);
    (Shown::read(&bytes), bytes, findings)
}
