//! A sidecar whose metadata is right and whose rows are not: readers answer from the log and say so; `migrate`,
//! `doctor --fix` and the next writer build it anew.

use jcode_session_core::report::{DoctorReport, MigrateAction};
use jcode_session_native::ops::doctor::{Examination, examine};
use jcode_session_native::ops::migrate::{Options, migrate};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::session::Session;
use jcode_session_native::sidecar::sql::{read_meta, write_meta};
use jcode_session_tests::files::{LogDir, ask, contents, dump};
use jcode_session_tests::generate::{LogShape, tree_v3};
use jcode_session_tests::program::run;
use jcode_session_tests::written::{NEVER, object, writer};
use proptest::prelude::*;
use rusqlite::{Connection, params};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

/// Page of the table `metadata`, counted from 0, which stays as it is.
const META: u64 = 4;
const PAGE: u64 = 1024;

/// What is done to a sidecar. Places are parts of a whole.
#[derive(Debug, Clone)]
enum Damage {
    Column(&'static str, f64, i64),
    Text(&'static str, f64, String),
    DeleteRows(f64, f64),
    AddRow,
    DeleteFrom(&'static str),
    TwiceInSchema(&'static str),
    TreeChecksum,
    Pages(f64, u64, u8),
}

fn damage() -> impl Strategy<Value = Damage> {
    let number =
        prop::sample::select(vec!["byte_offset", "byte_len", "ts", "parent_step", "depth", "branch_leaf_marker"]);
    let text = prop::sample::select(vec!["id", "parent_id", "kind"]);
    let table = prop::sample::select(vec!["entries", "branches", "labels"]);
    let place = || 0.0..1.0f64;
    prop_oneof![
        4 => (number, place(), -3i64..300).prop_map(|(column, at, by)| Damage::Column(column, at, by)),
        3 => (text, place(), "[a-f0-9]{4}").prop_map(|(column, at, text)| Damage::Text(column, at, text)),
        4 => (place(), prop_oneof![Just(0.0), place()]).prop_map(|(from, share)| Damage::DeleteRows(from, share)),
        1 => Just(Damage::AddRow),
        2 => table.clone().prop_map(Damage::DeleteFrom),
        1 => table.prop_map(Damage::TwiceInSchema),
        1 => Just(Damage::TreeChecksum),
        4 => (place(), 1..4u64, prop::sample::select(vec![0u8, 0xFF, 13]))
            .prop_map(|(from, count, byte)| Damage::Pages(from, count, byte)),
    ]
}

impl Damage {
    fn apply(&self, sidecar: &Path) {
        if let Self::Pages(from, count, byte) = *self {
            let mut bytes = fs::read(sidecar).expect("there");
            let pages = bytes.len() as u64 / PAGE;
            let first = (from * pages as f64) as u64;
            for page in (first..pages.min(first + count)).filter(|&page| page > 0 && page != META) {
                bytes[(page * PAGE) as usize..((page + 1) * PAGE) as usize].fill(byte);
            }
            return fs::write(sidecar, bytes).expect("written");
        }
        let connection = Connection::open(sidecar).expect("opens");
        let rows: f64 = connection.query_row("SELECT count(*) FROM entries", [], |row| row.get(0)).expect("counts");
        let execute = |sql: &str, params: &[&dyn rusqlite::ToSql]| {
            connection.execute(&format!("UPDATE OR IGNORE entries SET {sql}"), params).expect("changes");
        };
        match self {
            Self::Column(column, at, by) => {
                execute(&format!("{column}=coalesce({column},0)+?1 WHERE seq=?2"), params![by, (at * rows) as i64]);
            }
            Self::Text(column, at, text) => {
                execute(&format!("{column}=?1 WHERE seq=?2"), params![text, (at * rows) as i64]);
            }
            Self::DeleteRows(from, share) => {
                let from = (from * rows) as i64;
                let to = from + 1 + (share * rows) as i64;
                connection.execute("DELETE FROM entries WHERE seq>=?1 AND seq<?2", params![from, to]).expect("deletes");
            }
            Self::AddRow => {
                connection
                    .execute("INSERT INTO entries VALUES(?1,'one too many',NULL,1,'message',0,1,1,1,1)", [rows as i64])
                    .expect("inserts");
            }
            Self::DeleteFrom(table) => {
                connection.execute(&format!("DELETE FROM {table}"), []).expect("deletes");
            }
            Self::TwiceInSchema(table) => {
                connection
                    .execute_batch(&format!(
                        "PRAGMA writable_schema=ON;INSERT INTO sqlite_schema SELECT * FROM sqlite_schema WHERE name='{table}'"
                    ))
                    .expect("inserts");
            }
            Self::TreeChecksum => {
                let mut meta = read_meta(&connection).expect("readable").expect("sound");
                meta.check = Default::default();
                write_meta(&connection, &meta).expect("written");
            }
            Self::Pages(..) => {}
        }
    }
}

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
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn migrate_mends_what_verify_finds(
        long: bool,
        seed in 0u64..1000,
        damages in prop::collection::vec(damage(), 1..3),
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

fn small_damages() -> Vec<Damage> {
    vec![
        Damage::DeleteRows(0.5, 0.0),
        Damage::DeleteRows(0.0, 1.0),
        Damage::Column("byte_offset", 0.5, 7),
        Damage::TwiceInSchema("entries"),
        Damage::TreeChecksum,
        Damage::Pages(0.0, 4, 0),
    ]
}

#[test]
fn the_next_writer_mends_it() {
    for damage in small_damages() {
        let (dir, _) = sample(30, 3);
        damage.apply(&dir.sidecar());
        assert!(!is_clean(&dir.log()), "{damage:?}");
        let writer = writer(&dir.log(), NEVER);
        writer.append(object(1).as_bytes(), jcode_session_core::write::Parent::Leaf).expect("appends");
        assert_eq!(writer.close().expect("closes").sidecar_lags, None, "{damage:?}");
        assert!(is_clean(&dir.log()), "{damage:?}");
    }
}

#[test]
fn an_id_that_a_wrong_sidecar_lacks_is_still_taken() {
    let (dir, _) = sample(30, 3);
    let taken = Session::read(&dir.log()).expect("readable").tree().expect("a tree").tree.roots[0].clone();
    Connection::open(dir.sidecar())
        .and_then(|connection| connection.execute("DELETE FROM entries WHERE id=?1", [&taken]))
        .expect("deletes");
    let writer = writer(&dir.log(), NEVER);
    let entry = format!("{{\"type\":\"message\",\"id\":\"{taken}\",\"message\":{{\"role\":\"user\"}}}}");
    let refused = writer.append(entry.as_bytes(), jcode_session_core::write::Parent::Leaf);
    assert!(refused.is_err(), "{refused:?}");
}

fn is_wrong(report: &DoctorReport) -> bool {
    report.findings.iter().any(|found| found.finding.is_error())
}

#[test]
fn the_doctor_finds_it_and_mends_it() {
    for damage in small_damages() {
        let home = tempfile::tempdir().expect("a folder");
        let sessions = home.path().join("sessions");
        fs::create_dir(&sessions).expect("made");
        let (dir, _) = sample(30, 3);
        let log = sessions.join("log.jsonl");
        fs::copy(dir.log(), &log).expect("copied");
        assert_eq!(action(&log, false), MigrateAction::Index);
        damage.apply(&log.with_extension("sqlite3"));
        let examination = |fix| Examination { home: home.path().to_path_buf(), roots: vec![sessions.clone()], fix };
        let report = examine(&examination(false));
        assert!(is_wrong(&report), "{damage:?}: {report:?}");
        assert!(!is_wrong(&examine(&examination(true))), "{damage:?}");
        assert!(is_clean(&log), "{damage:?}");
    }
}

#[test]
fn readers_say_it_and_answer_from_the_log() {
    let home = tempfile::tempdir().expect("a folder");
    let (dir, _) = sample(30, 3);
    let log = dir.log();
    let show = |args: &[&str]| {
        let mut all: Vec<&std::ffi::OsStr> = args.iter().map(AsRef::as_ref).collect();
        all.insert(1, log.as_os_str());
        run(home.path(), all)
    };
    let (tree, path) = (show(&["tree", "--json"]), show(&["show", "--json"]));
    assert_eq!((tree.stderr.as_str(), path.stderr.as_str()), ("", ""));
    for damage in [Damage::DeleteFrom("branches"), Damage::TreeChecksum] {
        damage.apply(&dir.sidecar());
        let now = show(&["tree", "--json"]);
        assert_eq!((now.code, &now.stdout), (0, &tree.stdout), "{damage:?}");
        assert!(now.stderr.contains("migrate") && now.stderr.contains("log.sqlite3"), "{damage:?}: {}", now.stderr);
        assert_eq!(action(&log, false), MigrateAction::Index);
    }
    Damage::DeleteRows(0.0, 1.0).apply(&dir.sidecar());
    let before = contents(dir.folder());
    let now = show(&["show", "--json"]);
    assert_eq!((now.code, &now.stdout), (0, &path.stdout));
    assert!(now.stderr.contains("migrate"), "{}", now.stderr);
    assert_eq!(contents(dir.folder()), before, "readers write nothing");
    assert_eq!(action(&log, false), MigrateAction::Index);
    assert_eq!(show(&["show", "--json"]).stderr, "");
}

/// Opened by a program that keeps it, a wrong sidecar is built anew in the background.
#[test]
fn opening_a_session_mends_it() {
    let (dir, rows) = sample(30, 3);
    Damage::DeleteRows(0.5, 0.0).apply(&dir.sidecar());
    let (_, rebuild) = Session::open(&dir.log()).expect("opens");
    rebuild.expect("a thread").join().expect("ends").expect("built");
    assert_eq!(dump(&dir.sidecar()), rows);
    assert!(Session::open(&dir.log()).expect("opens").1.is_none(), "nothing is left to do");
}

/// A copied or touched home is looked at once, and not built anew.
#[test]
fn a_touched_sidecar_is_kept() {
    let (dir, _) = sample(300, 3);
    let bytes = fs::read(dir.sidecar()).expect("there");
    fs::write(dir.sidecar(), &bytes).expect("written");
    assert_eq!(action(&dir.log(), true), MigrateAction::UpToDate);
    assert_eq!(action(&dir.log(), false), MigrateAction::UpToDate);
    assert_eq!(fs::read(dir.sidecar()).expect("there"), bytes);
}
