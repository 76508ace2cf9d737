//! A log that another program cuts while it is read.
//!
//! Owns: that readers say so, and can read what is left.

use jcode_session_core::index::IndexBuilder;
use jcode_session_core::log::{LogScan, scan_source};
use jcode_session_core::session::ReadError;
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_native::ops::verify::{VerifyError, verify};
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::map;
use jcode_session_native::session::{Session, SessionError};
use jcode_session_tests::files::LogDir;
use jcode_session_tests::generate::{LogShape, tree_v3};
use jcode_session_tests::program::alone;
use std::fs;
use std::ops::ControlFlow;

#[test]
fn a_log_cut_while_it_is_open_gives_a_typed_error() {
    let dir = LogDir::new(&tree_v3(LogShape { entries: 400, ..LogShape::default() }, 11));
    dir.update();
    let session = Session::read(&dir.log()).expect("readable");
    fs::OpenOptions::new().write(true).open(dir.log()).expect("there").set_len(500).expect("cut");
    match session.tail(5) {
        Err(SessionError::Log { source: ReadError::Source(SourceError::Shrank { .. }), .. }) => {}
        other => panic!("expected a shrunk log, got {other:?}"),
    }
}

#[test]
fn a_log_cut_while_it_is_mapped_gives_a_typed_error() {
    if !alone("shrinking::a_log_cut_while_it_is_mapped_gives_a_typed_error") {
        return;
    }
    assert!(map::install_guard());
    let bytes = tree_v3(LogShape { entries: 3_000, entry_bytes: 2_000, ..LogShape::default() }, 5);
    let dir = LogDir::new(&bytes);
    let mut log = LogFile::open(&dir.log()).expect("there");
    log.map_if_guarded();
    assert!(log.view().is_some());
    let mut cut = Some(fs::OpenOptions::new().write(true).open(dir.log()).expect("there"));
    let mut builder = IndexBuilder::new(());
    let result = scan_source(&log, 0..log.len(), LogScan::new(), &mut builder, &mut |_| {
        // In the middle of the scan another program cuts the file, to a page that was not read yet.
        if let Some(file) = cut.take() {
            file.set_len(2 << 20).expect("cut");
        }
        ControlFlow::Continue(())
    });
    assert!(matches!(result, Err(SourceError::Shrank { .. })), "{result:?}");
    // And it can be read again as it is now.
    assert!(Session::read(&dir.log()).expect("readable").tail(1).is_ok());
}

#[test]
fn a_log_cut_while_many_threads_read_it_gives_a_typed_error() {
    if !alone("shrinking::a_log_cut_while_many_threads_read_it_gives_a_typed_error") {
        return;
    }
    assert!(map::install_guard());
    let bytes = tree_v3(LogShape { entries: 6_000, entry_bytes: 2_500, ..LogShape::default() }, 5);
    assert!(bytes.len() > 12 << 20, "long enough to be read on all cores");
    let dir = LogDir::new(&bytes);
    let mut cut = Some(fs::OpenOptions::new().write(true).open(dir.log()).expect("there"));
    let verified = verify(&dir.log(), &mut |bytes| {
        if let Some(file) = cut.take_if(|_| bytes > 0) {
            file.set_len(3 << 20).expect("cut");
        }
        ControlFlow::Continue(())
    });
    assert!(matches!(verified, Err(VerifyError::Log { source: SourceError::Shrank { .. }, .. })), "{verified:?}");
    assert!(verify(&dir.log(), &mut |_| ControlFlow::Continue(())).is_ok_and(|report| report.entry_count > 0));
}
