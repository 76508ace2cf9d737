//! Has the kernel kill a command at one of its calls, or fail the call.

use super::cases::Case;
use super::explore::{Recorded, again, all_kept, looked_at, promised, truth};
use jcode_session_core::parts::Part;
use jcode_session_native::os::paths::part;
use jcode_session_tests::effort;
use jcode_session_tests::files::in_memory;
use jcode_session_tests::program::{Run, binary, finished};
use jcode_session_tests::system_calls::disk::{read, write};
use jcode_session_tests::system_calls::{Call, available, record};
use std::path::Path;
use std::process::{Command, Stdio};

const WRITES: &str = "write,pwrite64,ftruncate";
const SYNCS: &str = "fsync,fdatasync";
const NAMES: &str = "rename,renameat,renameat2,link,linkat,mkdir,mkdirat,unlink,unlinkat";

/// What is done to the calls: to the Nth of these, or to all from there on.
const PLANS: [(&str, &str, &str, bool); 7] = [
    ("killed at a write", WRITES, "signal=KILL", false),
    ("killed at a sync", SYNCS, "signal=KILL", false),
    ("killed at a change of names", NAMES, "signal=KILL", false),
    ("no space for one write", WRITES, "error=ENOSPC", false),
    ("no space from here on", WRITES, "error=ENOSPC", true),
    ("a failed sync", SYNCS, "error=EIO", false),
    ("a failed change of names", NAMES, "error=EIO", false),
];

/// Runs the command once for every fault and call, or for some of the calls.
pub(crate) fn explore(case: &Case) {
    if !available() {
        println!("{}: skipped: strace cannot run a process here", case.name);
        return;
    }
    let mut runs = 0;
    let home = in_memory();
    (case.setup)(home.path());
    let before = read(home.path());
    // Undisturbed. What has names and times of its own differs from run to run; there only the old part counts.
    let (calls, code) = record(home.path(), &case.args(), case.input.as_bytes());
    assert_eq!(code, 0, "{}", case.name);
    let after = truth(&read(home.path()));
    let recorded = Recorded { home: home.path(), before: &before, after: &after };
    for (what, set, fault, on) in PLANS {
        let of_set = calls.iter().filter(|call| set.split(',').any(|name| name == kind(call))).count();
        let step = if effort::long() { 1 } else { (of_set / 2).max(1) };
        for at in (1..=of_set).step_by(step) {
            let when = format!("{at}{}", if on { "+" } else { "" });
            let what = format!("{}, {what} {when} of {of_set}", case.name);
            fail(case, &recorded, &format!("inject={set}:{fault}:when={when}"), &what);
            runs += 1;
        }
    }
    println!("{}: {runs} runs with a fault of the system", case.name);
}

/// One of the names of a call, by which it is found in the sets above.
fn kind(call: &Call) -> &'static str {
    match call {
        Call::Write(..) | Call::Cut(..) => "write",
        Call::Sync(_) => "fsync",
        Call::SyncAll => "syncfs",
        Call::Rename(..) | Call::Link(..) | Call::Remove(_) | Call::MakeFolder(_) => "rename",
        _ => "none",
    }
}

fn fail(case: &Case, recorded: &Recorded<'_>, injected: &str, what: &str) {
    let home = in_memory();
    write(home.path(), recorded.before);
    let ran = injected_run(home.path(), case, injected);
    let found = read(home.path());
    all_kept(case, &found, recorded, what);
    looked_at(case, home.path(), recorded, what);
    if ran.code >= 0 && !injected.contains("unlink") {
        let left = found.keys().find(|path| part(path) == Part::OwnTemporary);
        assert_eq!(left, None, "{what}: left behind: {}", ran.stderr);
    }
    promised(case, home.path(), &ran.stdout, what);
    if case.again {
        again(case, home.path(), recorded, what);
    }
}

fn stdin(case: &Case) -> std::fs::File {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), case.input).expect("written");
    std::fs::File::open(file.path()).expect("opens")
}

fn injected_run(home: &Path, case: &Case, injected: &str) -> Run {
    let output = Command::new("strace")
        .args(["-f", "-q", "-o", "/dev/null", "-e", "trace=none", "-e", injected])
        .arg(binary())
        .args(case.args())
        .env("JCODE_HOME", home)
        .env("NO_COLOR", "1")
        .current_dir(home)
        .stdin(stdin(case))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output();
    finished(output.expect("strace runs"))
}
