//! Sessions written by the writer, and the findings of `verify` about them.
//!
//! Owns: the starting states of many tests of the store.
//! Invariant: only the checkpoints that a test asks for are taken.

use jcode_session_core::finding::Code;
use jcode_session_core::source::ByteSource;
use jcode_session_core::store::checkpoint::Policy;
use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::writer::{NewSession, Writer, WriterOptions};
use std::ops::ControlFlow;
use std::path::Path;

/// No checkpoints except those on demand.
pub const NEVER: Policy = Policy { before: false, entries: u64::MAX, bytes: u64::MAX, apart_ms: 0 };

/// A writer of the session `s`, which is made if it does not exist.
#[must_use]
pub fn writer(log: &Path, checkpoints: Policy) -> Writer {
    let create = Some(NewSession { session_id: Some("s".into()), ..NewSession::default() });
    let durability = Durability::Throughput;
    Writer::open(log, &WriterOptions { durability, create, checkpoints, ..WriterOptions::default() }).expect("opens")
}

/// An entry with the id `e<n>`.
#[must_use]
pub fn object(n: u64) -> String {
    format!("{{\"type\":\"message\",\"id\":\"e{n}\",\"message\":{{\"role\":\"user\",\"content\":\"{n}\"}}}}")
}

/// Appends entries with these numbers.
pub fn append(log: &Path, numbers: std::ops::Range<u64>) {
    let writer = writer(log, NEVER);
    for n in numbers {
        writer.append(object(n).as_bytes(), Parent::Leaf).expect("appends");
    }
    writer.close().expect("closes");
}

/// All bytes of a log, wherever they are stored.
#[must_use]
pub fn whole(log: &Path) -> Vec<u8> {
    let file = LogFile::open(log).expect("there");
    file.read_vec(0, usize::try_from(file.len()).expect("small")).expect("read")
}

/// The errors that verify finds.
#[must_use]
pub fn errors(log: &Path) -> Vec<(Code, String)> {
    let report = verify(log, &mut |_| ControlFlow::Continue(())).expect("verifies");
    report.findings.into_iter().filter(|finding| finding.is_error()).map(|f| (f.code, f.message)).collect()
}
