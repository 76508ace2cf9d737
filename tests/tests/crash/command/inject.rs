//! Has the kernel kill a command at one of its calls, or fail the call.

use super::cases::Case;
use super::explore::{Recorded, again, all_kept, looked_at, promised, truth};
use super::relied_on::relied_on;
use jcode_session_core::parts::Part;
use jcode_session_native::os::paths::part;
use jcode_session_tests::effort;
use jcode_session_tests::files::in_memory;
use jcode_session_tests::program::{Run, binary, finished};
use jcode_session_tests::system_calls::disk::{read, write};
use jcode_session_tests::system_calls::{Call, available, record_threads};
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// Calls by the names that they go by here. Of each name and of each thread, `strace` counts apart.
const CALLS: [&str; 9] = [
    "write",
    "pwrite64",
    "ftruncate",
    "fdatasync",
    "fsync",
    "rename,renameat,renameat2",
    "link,linkat",
    "unlink,unlinkat",
    "mkdir,mkdirat",
];

/// What is done to the Nth of these calls, or to all from there on.
fn plans() -> impl Iterator<Item = (&'static str, &'static str, bool)> {
    let killed = CALLS.map(|set| (set, "signal=KILL", false));
    let full = ["write", "pwrite64"].map(|set| (set, "error=ENOSPC", false));
    let failed = CALLS.into_iter().skip(2).map(|set| (set, "error=EIO", false));
    killed.into_iter().chain(full).chain([("write,pwrite64,ftruncate", "error=ENOSPC", true)]).chain(failed)
}

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
    let (calls, code) = record_threads(home.path(), &case.args(), case.input.as_bytes());
    assert_eq!(code, 0, "{}", case.name);
    let after = truth(&read(home.path()));
    let recorded = Recorded { home: home.path(), before: &before, after: &after };
    let relied_on = relied_on(&calls, case.grows);
    for (set, fault, on) in plans() {
        let mut bitten = false;
        let of_set = set.split(',').map(|name| most(&calls, name)).max().unwrap_or_default();
        let step = if effort::long() { 1 } else { (of_set / 2).max(1) };
        for at in (1..=of_set).step_by(step) {
            let when = format!("{at}{}", if on { "+" } else { "" });
            let what = format!("{}, {fault} at {set} {when} of {of_set}", case.name);
            let code = fail(case, &recorded, (set, &format!("inject={set}:{fault}:when={when}")), &what);
            bitten |= code != 0;
            if fault == "error=EIO" && relied_on.contains(&(set, at)) {
                assert_ne!(code, 0, "{what}: a command ended well, though its bytes may not be on the disk");
            }
            runs += 1;
        }
        assert!(bitten || of_set == 0 || !fault.starts_with("signal"), "{}: {fault} at {set} did nothing", case.name);
    }
    println!("{}: {runs} runs with a fault of the system", case.name);
}

/// How many calls of this name one thread made at most.
fn most(calls: &[(u32, Call)], name: &str) -> usize {
    let mut of_threads = HashMap::new();
    calls
        .iter()
        .filter(|(_, call)| kind(call) == name)
        .for_each(|(thread, _)| *of_threads.entry(thread).or_default() += 1);
    of_threads.into_values().max().unwrap_or_default()
}

/// The first of the names of a call in the sets above.
pub(super) fn kind(call: &Call) -> &'static str {
    match call {
        Call::Write(_, None, _) => "write",
        Call::Write(_, Some(_), _) => "pwrite64",
        Call::Cut(..) => "ftruncate",
        Call::SyncData(_) => "fdatasync",
        Call::Sync(_) => "fsync",
        Call::Rename(..) => "rename",
        Call::Link(..) => "link",
        Call::Remove(_) => "unlink",
        Call::MakeFolder(_) => "mkdir",
        _ => "none",
    }
}

/// The exit code of the command with this fault.
fn fail(case: &Case, recorded: &Recorded<'_>, (set, injected): (&str, &str), what: &str) -> i32 {
    let home = in_memory();
    write(home.path(), recorded.before);
    let ran = injected_run(home.path(), case, set, injected);
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
    ran.code
}

fn stdin(case: &Case) -> std::fs::File {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), case.input).expect("written");
    std::fs::File::open(file.path()).expect("opens")
}

fn injected_run(home: &Path, case: &Case, set: &str, injected: &str) -> Run {
    let output = Command::new("strace")
        // A call that is not traced is not failed.
        .args(["-f", "-q", "-o", "/dev/null", "-e", &format!("trace={set}"), "-e", injected])
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
