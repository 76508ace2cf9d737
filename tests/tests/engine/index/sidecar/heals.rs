//! A sidecar whose metadata is right and whose rows are not: readers answer from the log and know it; `migrate`,
//! `doctor --fix`, the next writer and a program that opens the session build it anew.

use jcode_session_core::report::{DoctorReport, MigrateAction};
use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::ops::doctor::{Examination, examine};
use jcode_session_native::ops::migrate::{Options, migrate};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::session::Session;
use jcode_session_native::sidecar::{self, Sidecar};
use jcode_session_native::writer::{Writer, WriterOptions};
use jcode_session_tests::effort::cases;
use jcode_session_tests::files::{LogDir, ask, contents, dump};
use jcode_session_tests::generate::{LogShape, OtherFile, random, tree_v3};
use jcode_session_tests::sidecar_damage::{SidecarDamage, any_damage, one_of_each};
use jcode_session_tests::written::{NEVER, append, object, writer};
use proptest::prelude::*;
use rusqlite::Connection;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

fn is_clean(log: &Path) -> bool {
    let report = verify(log, &mut |_| ControlFlow::Continue(())).expect("verifies");
    report.ok && report.findings.is_empty() && report.sidecar == "fresh"
}

fn action(log: &Path, dry_run: bool) -> MigrateAction {
    migrate(log, Options { dry_run, force: false }, &mut |_| ControlFlow::Continue(())).action
}

/// A log with its sidecar, and what that holds.
fn sample(entries: usize, seed: u64) -> (LogDir, Vec<String>) {
    let dir = LogDir::new(&tree_v3(LogShape { entries, branch_percent: 10, ..LogShape::default() }, seed));
    dir.update();
    assert!(is_clean(&dir.log()), "good to begin with");
    let rows = dump(&dir.sidecar());
    (dir, rows)
}

proptest! {
    #![proptest_config(cases(80))]

    #[test]
    fn migrate_mends_what_verify_finds(
        long: bool,
        seed in 0u64..1000,
        damages in prop::collection::vec(any_damage(), 1..3),
    ) {
        let (dir, rows) = sample(if long { 300 } else { 30 }, seed);
        let plain = ask(&LogDir::new(&fs::read(dir.log()).expect("there")).log());
        for damage in &damages {
            damage.apply(&dir.sidecar());
        }
        prop_assert_eq!(ask(&dir.log()), plain, "readers");
        let expected = if is_clean(&dir.log()) { MigrateAction::UpToDate } else { MigrateAction::Index };
        let before = contents(dir.folder());
        prop_assert_eq!(action(&dir.log(), true), expected, "dry run");
        prop_assert_eq!(&contents(dir.folder()), &before, "a dry run writes nothing");
        prop_assert_eq!(action(&dir.log(), false), expected, "migrate");
        prop_assert!(is_clean(&dir.log()), "verify, behind migrate");
        prop_assert_eq!(dump(&dir.sidecar()), rows);
        let after = contents(dir.folder());
        prop_assert_eq!(action(&dir.log(), false), MigrateAction::UpToDate, "migrate again");
        prop_assert_eq!(&contents(dir.folder()), &after, "the second run changes no byte");
    }
}

#[test]
fn a_log_that_grew_beside_wrong_rows_is_built_anew() {
    for damage in one_of_each() {
        let (dir, _) = sample(30, 3);
        damage.apply(&dir.sidecar());
        let mut log = fs::read(dir.log()).expect("there");
        log.extend_from_slice(b"{\"type\":\"custom\",\"id\":\"grown\",\"parentId\":null,\"timestamp\":1}\n");
        dir.write(&log);
        assert_eq!(action(&dir.log(), false), MigrateAction::Index, "{damage:?}");
        assert!(is_clean(&dir.log()), "{damage:?}");
    }
}

#[test]
fn the_next_writer_mends_it() {
    for damage in one_of_each() {
        let (dir, _) = sample(30, 3);
        damage.apply(&dir.sidecar());
        assert!(!is_clean(&dir.log()), "{damage:?}");
        let writer = writer(&dir.log(), NEVER);
        writer.append(object(1).as_bytes(), Parent::Leaf).expect("appends");
        assert_eq!(writer.close().expect("closes").sidecar_lags, None, "{damage:?}");
        assert!(is_clean(&dir.log()), "{damage:?}");
    }
}

#[test]
fn an_id_that_a_wrong_sidecar_lacks_is_still_taken() {
    let (dir, _) = sample(30, 3);
    let taken = Session::read(&dir.log()).expect("readable").tree().expect("a tree").tree.roots[0].clone();
    let connection = Connection::open(dir.sidecar()).expect("opens");
    connection.execute("DELETE FROM entries WHERE id=?1", [&taken]).expect("deletes");
    drop(connection);
    let writer = writer(&dir.log(), NEVER);
    let entry = format!("{{\"type\":\"message\",\"id\":\"{taken}\",\"message\":{{\"role\":\"user\"}}}}");
    let refused = writer.append(entry.as_bytes(), Parent::Leaf);
    assert!(refused.is_err(), "{refused:?}");
}

/// A writer's own commits do not vouch for rows that another program took away under it.
#[test]
fn what_is_changed_under_a_writer_is_not_vouched_for() {
    let (dir, _) = sample(30, 3);
    let options = WriterOptions { durability: Durability::Strict, checkpoints: NEVER, ..WriterOptions::default() };
    let writer = Writer::open(&dir.log(), &options).expect("opens");
    writer.append(object(1).as_bytes(), Parent::Leaf).expect("appends");
    let follows = || {
        let log = LogFile::open(&dir.log()).expect("there");
        matches!(sidecar::open(&log).expect("readable"), Sidecar::Fresh { .. })
    };
    while !follows() {
        std::hint::spin_loop();
    }
    SidecarDamage::DeleteRows(0.3, 0.0).apply(&dir.sidecar());
    writer.append(object(2).as_bytes(), Parent::Leaf).expect("appends");
    writer.close().expect("closes");
    assert!(!is_clean(&dir.log()), "the writer has not looked at old rows again");
    assert_eq!(action(&dir.log(), false), MigrateAction::Index);
    assert!(is_clean(&dir.log()));
}

fn is_wrong(report: &DoctorReport) -> bool {
    report.findings.iter().any(|found| found.finding.is_error())
}

#[test]
fn the_doctor_finds_it_and_mends_it() {
    for damage in one_of_each() {
        let home = tempfile::tempdir().expect("a folder");
        let sessions = home.path().join("sessions");
        fs::create_dir(&sessions).expect("made");
        let (dir, _) = sample(30, 3);
        let log = sessions.join("log.jsonl");
        fs::copy(dir.log(), &log).expect("copied");
        assert_eq!(action(&log, false), MigrateAction::Index);
        let examination = |fix| Examination { home: home.path().to_path_buf(), roots: vec![sessions.clone()], fix };
        assert!(!is_wrong(&examine(&examination(false))));
        damage.apply(&log.with_extension("sqlite3"));
        let report = examine(&examination(false));
        assert!(is_wrong(&report), "{damage:?}: {report:?}");
        assert!(!is_wrong(&examine(&examination(true))), "{damage:?}");
        assert!(is_clean(&log), "{damage:?}");
    }
}

/// Opened by a program that keeps it, a wrong sidecar is built anew in the background.
#[test]
fn opening_a_session_mends_it() {
    let (dir, rows) = sample(30, 3);
    assert!(Session::open(&dir.log()).expect("opens").1.is_none(), "nothing is to be done");
    SidecarDamage::DeleteRows(0.5, 0.0).apply(&dir.sidecar());
    let (_, rebuild) = Session::open(&dir.log()).expect("opens");
    rebuild.expect("a thread").join().expect("ends").expect("built");
    assert_eq!(dump(&dir.sidecar()), rows);
    assert!(Session::open(&dir.log()).expect("opens").1.is_none(), "nothing is left to do");
}

#[test]
fn a_reader_tells_a_wrong_sidecar_from_one_that_went_on() {
    let (dir, _) = sample(30, 3);
    let [untouched, overtaken] = [0, 1].map(|_| Session::read(&dir.log()).expect("readable"));
    untouched.tree().expect("a tree");
    assert!(!untouched.was_contradicted());
    append(&dir.log(), 1..4);
    overtaken.tree().expect("a tree");
    assert!(!overtaken.was_contradicted(), "a writer went on");
    SidecarDamage::TreeChecksum.apply(&dir.sidecar());
    let wrong = Session::read(&dir.log()).expect("readable");
    wrong.tree().expect("a tree");
    assert!(wrong.was_contradicted());
}

/// A copied or touched home is looked at once, and not built anew.
#[test]
fn a_touched_sidecar_is_kept() {
    let (dir, _) = sample(300, 3);
    let bytes = fs::read(dir.sidecar()).expect("there");
    fs::write(dir.sidecar(), &bytes).expect("written");
    assert!(Session::open(&dir.log()).expect("opens").1.is_some(), "it is looked at");
    assert_eq!(action(&dir.log(), true), MigrateAction::UpToDate);
    assert_eq!(action(&dir.log(), false), MigrateAction::UpToDate);
    assert_eq!(fs::read(dir.sidecar()).expect("there"), bytes);
    assert!(Session::open(&dir.log()).expect("opens").1.is_none(), "once");
}

/// What a writer leaves needs no second look.
#[test]
fn a_writers_sidecar_is_vouched_for() {
    let (dir, _) = sample(30, 3);
    append(&dir.log(), 1..4);
    assert!(Session::open(&dir.log()).expect("opens").1.is_none());
}

/// Earlier versions made sidecars of other programs' files.
#[test]
fn a_file_that_is_no_session_is_skipped_whatever_lies_beside_it() {
    for kind in OtherFile::ALL {
        let dir = LogDir::new(&kind.bytes(&mut random(1)));
        dir.update();
        let before = contents(dir.folder());
        for dry_run in [true, false] {
            assert_eq!(action(&dir.log(), dry_run), MigrateAction::Skipped, "{kind:?}");
        }
        assert_eq!(contents(dir.folder()), before, "{kind:?}");
    }
}
