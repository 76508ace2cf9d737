//! Crashes a command between its system calls, and looks at what is found.

use super::cases::Case;
use jcode_session_core::parts::Part;
use jcode_session_core::segment::MANIFEST;
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::os::paths::{part, sidecar, store};
use jcode_session_tests::effort;
use jcode_session_tests::files::{ask, in_memory};
use jcode_session_tests::program::command;
use jcode_session_tests::sessions::unnamed_segments;
use jcode_session_tests::system_calls::disk::{Disk, Found, State, read, write};
use jcode_session_tests::system_calls::{available, record};
use jcode_session_tests::written::whole;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// The files that hold what nothing can make anew.
pub(crate) fn truth(state: &State) -> State {
    let is_truth = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let in_store =
            path.components().any(|part| Path::new(part.as_os_str()).extension() == Some(OsStr::new("store")));
        let is_v1 = [".json", ".bak", ".journal.jsonl"].iter().any(|end| name.ends_with(end));
        // What a home remembers, and an archive, are other bytes in each run.
        let is_told_apart = path.starts_with("agent") || path.starts_with("store");
        !in_store && !is_told_apart && (part(path) == Part::Log || is_v1 || name.starts_with("out."))
    };
    state.iter().filter(|(path, _)| is_truth(path)).map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
}

pub(crate) fn logs(home: &Path) -> Vec<PathBuf> {
    truth(&read(home)).into_keys().filter(|path| part(path) == Part::Log).map(|path| home.join(path)).collect()
}

/// A run that went well.
pub(crate) struct Recorded<'r> {
    /// Where, as it was left.
    pub(crate) home: &'r Path,
    /// All files before.
    pub(crate) before: &'r State,
    /// The truth after.
    pub(crate) after: &'r State,
}

/// Crashes the command at each of its calls.
pub(crate) fn explore(case: &Case) {
    if !available() {
        println!("{}: skipped: strace cannot record a process here", case.name);
        return;
    }
    let home = in_memory();
    (case.setup)(home.path());
    let before = read(home.path());
    let mut disk = Disk::of(home.path());
    let (calls, code) = record(home.path(), &case.args(), case.input.as_bytes());
    assert_eq!(code, 0, "{}", case.name);
    let after = read(home.path());
    let expected = truth(&after);
    let recorded = Recorded { home: home.path(), before: &before, after: &expected };
    let long = effort::long();
    let (mut explored, mut seen) = (0_u64, HashSet::new());
    let mut look = |mut found: Vec<Found>, said: &[u8], step: usize| {
        if !long {
            // One state at each call, another kind each time.
            found = vec![found.swap_remove(step % found.len())];
        }
        for found in found {
            explored += 1;
            if seen.insert((found.state.clone(), found.power, said.to_vec())) {
                let what = format!("{}, call {step} of {}: {}", case.name, calls.len(), found.what);
                check(case, &found, &recorded, said, &what);
            }
        }
    };
    look(disk.kills(None), &[], 0);
    for (step, call) in calls.iter().enumerate() {
        look(disk.kills(Some(call)), &disk.said.clone(), step);
        if disk.apply(call) {
            look(disk.power_cuts(long), &disk.said.clone(), step);
        }
    }
    // The model has done what the system has.
    assert_eq!(truth(&disk.now()), expected, "{}", case.name);
    println!("{}: {} calls, {explored} crash states, {} of them different", case.name, calls.len(), seen.len());
    assert!(explored > 20, "{}: only {explored} states", case.name);
}

fn check(case: &Case, found: &Found, recorded: &Recorded<'_>, said: &[u8], what: &str) {
    all_kept(case, &found.state, recorded, what);
    let home = in_memory();
    let mut state = found.state.clone();
    if found.power {
        reboot(&mut state);
    }
    write(home.path(), &state);
    // What stood at the root of the home when the command ran.
    fs::create_dir_all(home.path().join("sessions")).expect("made");
    looked_at(case, home.path(), recorded, what);
    promised(case, home.path(), said, what);
    if case.again {
        again(case, home.path(), recorded, what);
    }
}

/// What readers see in a home.
pub(crate) fn looked_at(case: &Case, home: &Path, recorded: &Recorded<'_>, what: &str) {
    for log in logs(home) {
        sound(case, &log, what);
        let segments = store(&log).join("segments");
        let names = fs::read_dir(&segments).into_iter().flatten();
        let names = names.map(|entry| entry.expect("one").file_name().to_string_lossy().into_owned());
        let unnamed = unnamed_segments(names, fs::read(segments.join(MANIFEST)).ok().as_deref());
        assert_eq!(unnamed, Vec::<String>::new(), "{what}: segments that the manifest does not name");
        if case.moves {
            let same = recorded.home.join(log.strip_prefix(home).expect("in it"));
            assert!(whole(&log) == whole(&same), "{what}: the log reads otherwise");
        }
    }
    if case.lists {
        // The sessions are those of the recorded home, because rows hold for the very files that they tell of.
        let list = |index: &Path| Catalog::new(index, &[recorded.home.join("sessions")]).refresh(Keep::Nothing);
        assert_eq!(list(home).sessions, list(&home.join("no index")).sessions, "{what}: the index says another thing");
    }
}

/// Every file of the truth is as it was, or as it becomes.
pub(crate) fn all_kept(case: &Case, found: &State, recorded: &Recorded<'_>, what: &str) {
    let (before, after) = (recorded.before, recorded.after);
    for path in truth(before).keys().chain(after.keys()) {
        kept(case, path, found.get(path), (before.get(path), after.get(path)), what);
    }
}

/// The bytes of a file; `None` of a name that is not there.
type Content<'c> = Option<&'c Option<Vec<u8>>>;

/// One file of the truth: as before, as after, or on the way between where that is what the command does.
fn kept(case: &Case, path: &Path, found: Content<'_>, (before, after): (Content<'_>, Content<'_>), what: &str) {
    let grown = || match (found, before) {
        (Some(Some(found)), Some(Some(before))) => case.grows && found.starts_with(before),
        _ => false,
    };
    assert!(
        found == before || found == after || grown(),
        "{what}: {} is neither the old one nor the new one: {:?}",
        path.display(),
        found.map(|bytes| bytes.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
    );
    assert!(
        case.removes || found.is_some() || before.is_none() || after.is_none(),
        "{what}: {} is gone",
        path.display()
    );
}

/// A log reads well, and reads the same without its sidecar.
pub(crate) fn sound(case: &Case, log: &Path, what: &str) {
    let report = verify(log, &mut |_| ControlFlow::Continue(())).unwrap_or_else(|error| panic!("{what}: {error}"));
    let broken: Vec<_> = report.findings.iter().filter(|finding| finding.is_error()).collect();
    // What a power cut tore behind the synced end is cut when the log is next opened for writing.
    let torn =
        case.grows && broken.iter().all(|f| ["nul-run", "invalid-json", "fused-records"].contains(&code(f).as_str()));
    assert!(broken.is_empty() || !case.sound || torn, "{what}: {broken:?}");
    let with = ask(log);
    let (there, aside) = (sidecar(log), log.with_extension("aside"));
    if fs::rename(&there, &aside).is_ok() {
        assert_eq!(with, ask(log), "{what}: the sidecar says something else than the log");
        fs::rename(&aside, &there).expect("put back");
    }
}

fn code(finding: &jcode_session_core::finding::Finding) -> String {
    serde_json::to_value(finding.code).expect("a word").as_str().expect("a word").to_string()
}

/// What was acknowledged is there, once the log was opened for writing.
pub(crate) fn promised(case: &Case, home: &Path, said: &[u8], what: &str) {
    let said = String::from_utf8_lossy(said);
    let acks: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("ack ")).collect();
    if acks.is_empty() {
        return;
    }
    let mut child = command(home)
        .args(["append", "s", "--session-durability", "strict"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("piped").write_all(b"{\"type\":\"custom\",\"id\":\"last\"}\n").expect("written");
    assert!(child.wait().expect("ends").success(), "{what}: cannot go on");
    let text = fs::read_to_string(home.join("sessions/s.jsonl")).expect("a log of text");
    for id in acks.iter().chain([&"last"]) {
        assert!(text.contains(&format!("\"id\":\"{id}\"")), "{what}: {id} was acknowledged, and is lost");
    }
    sound(case, &home.join("sessions/s.jsonl"), what);
}

/// The command run again: it ends well, with the truth that it would have left the first time.
pub(crate) fn again(case: &Case, home: &Path, recorded: &Recorded<'_>, what: &str) {
    let output = command(home).args(case.args()).current_dir(home).output().expect("runs");
    assert!(output.status.success(), "{what}: run again: {}", String::from_utf8_lossy(&output.stderr));
    let now = truth(&read(home));
    if !case.grows && !case.others && !case.removes {
        assert_eq!(&now, recorded.after, "{what}: run again");
    }
    for (path, bytes) in truth(recorded.before) {
        let kept = now.get(&path).is_some_and(|now| {
            let (now, old) = (now.as_deref().unwrap_or_default(), bytes.as_deref().unwrap_or_default());
            !case.grows || now.starts_with(old)
        });
        assert!(kept || case.removes, "{what}: {} after another run", path.display());
    }
    for log in logs(home) {
        sound(&Case { sound: true, grows: false, ..*case }, &log, what);
    }
    if case.stores {
        let other = in_memory();
        fs::create_dir(other.path().join("sessions")).expect("made");
        let store = home.join("store");
        for args in [&["pull", "--all", "--store"][..], &["verify", "--store"]] {
            let output = command(other.path()).args(args).arg(&store).output().expect("runs");
            assert!(output.status.success(), "{what}: {args:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        assert_eq!(truth(&read(other.path())), now, "{what}: what comes back");
    }
}

/// Another boot: what was only promised by the last one is told by its id.
fn reboot(state: &mut State) {
    let Some(boot) = jcode_session_native::os::host::boot_id() else { return };
    let other: String = boot.chars().map(|c| if c.is_ascii_digit() { 'f' } else { c }).collect();
    // A sidecar says in which boot it was written, a lock file in which one its holder lived.
    let names_a_boot = |path: &Path| [".sqlite3", ".lock"].iter().any(|part| path.to_string_lossy().contains(part));
    for (_, bytes) in state.iter_mut().filter(|(path, _)| names_a_boot(path)) {
        let Some(bytes) = bytes else { continue };
        let places: Vec<usize> =
            bytes.windows(boot.len()).enumerate().filter(|(_, w)| *w == boot.as_bytes()).map(|(at, _)| at).collect();
        for at in places {
            bytes[at..at + boot.len()].copy_from_slice(other.as_bytes());
        }
    }
}
