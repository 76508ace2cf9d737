//! The sidecar is a cache: it never changes an answer, only how fast it comes.

mod answers;
mod damaged;
mod heals;
#[cfg(unix)]
mod links;

use jcode_session_native::session::Session;
use jcode_session_tests::files::{Answers, LogDir, ask};
use jcode_session_tests::generate::{LogShape, tree_v3};

fn sample() -> (LogDir, Answers) {
    let dir = LogDir::new(&tree_v3(LogShape { entries: 400, branch_percent: 10, ..LogShape::default() }, 11));
    let plain = ask(&dir.log());
    dir.update();
    assert!(Session::read(&dir.log()).expect("readable").has_sidecar());
    (dir, plain)
}
