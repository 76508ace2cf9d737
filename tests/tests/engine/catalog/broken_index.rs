//! The index deleted, cut, overwritten, of a newer version, locked, read-only: the same answers, and mended after.

use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_tests::generate::random;
use jcode_session_tests::homes::{home, index, listed, log, put, scanned, sessions};
use rand::RngExt;
use std::fs;
use std::path::Path;

fn filled() -> tempfile::TempDir {
    let home = home();
    for number in 0..40u64 {
        let bytes = log(&format!("s{number}"), 1 + number % 5, 1_770_000_000_000 + number, "hello");
        put(home.path(), &format!("{number}.jsonl"), &bytes);
    }
    // Old enough that no row is read again for being new.
    assert_eq!(listed(home.path()).len(), 40);
    home
}

fn check(home: &Path, what: &str) {
    let scan = scanned(home);
    assert_eq!(scan.len(), 40, "{what}");
    for _ in 0..3 {
        assert_eq!(listed(home), scan, "{what}");
    }
}

fn is_used(home: &Path) -> bool {
    let refreshed = Catalog::new(home, &[sessions(home)]).refresh(Keep::Nothing);
    refreshed.unusable.is_none() && Catalog::new(home, &[sessions(home)]).first_page(99).len() == 40
}

#[test]
fn any_damage_costs_time_and_no_session() {
    let home = filled();
    let (db, mut rng) = (index(home.path()), random(7));
    for round in 0..120 {
        let mut bytes = fs::read(&db).expect("an index");
        match round % 6 {
            0 => bytes.truncate(rng.random_range(0..bytes.len())),
            1 => bytes = b"not a database at all, but a text that somebody has put here".repeat(100),
            2 => bytes.clear(),
            _ => {
                for _ in 0..rng.random_range(1..20) {
                    let at = rng.random_range(0..bytes.len());
                    bytes[at] ^= 1 << rng.random_range(0..8);
                }
            }
        }
        if round % 6 == 5 {
            // Only the index, or its journals as well.
            let _ = fs::remove_file(db.with_extension("db-wal"));
        }
        fs::write(&db, &bytes).expect("written");
        check(home.path(), &format!("round {round}"));
    }
    fs::remove_file(&db).expect("removed");
    check(home.path(), "deleted with its journals left");
    assert!(is_used(home.path()), "made anew");
    fs::remove_dir_all(home.path().join("agent")).expect("removed");
    check(home.path(), "all gone");
    assert!(is_used(home.path()), "made anew");
}

#[test]
fn a_damaged_row_is_read_again_and_mended() {
    let home = filled();
    let connection = rusqlite::Connection::open(index(home.path())).expect("opens");
    connection.execute("UPDATE sessions SET rel=x'2e2e2f2e2e2f78' WHERE id=3", []).expect("changed");
    connection.execute("UPDATE sessions SET row=substr(row,1,80) WHERE id=5", []).expect("changed");
    connection.execute("UPDATE sessions SET row='text' WHERE id=7", []).expect("changed");
    drop(connection);
    check(home.path(), "damaged rows");
    let rows: i64 = rusqlite::Connection::open(index(home.path()))
        .and_then(|connection| connection.query_row("SELECT count(*) FROM sessions", [], |row| row.get(0)))
        .expect("a count");
    assert_eq!(rows, 40, "what was damaged is gone");
}

#[test]
fn an_index_of_a_newer_version_is_left_alone() {
    let home = filled();
    let connection = rusqlite::Connection::open(index(home.path())).expect("opens");
    connection.execute_batch("PRAGMA user_version=99;PRAGMA wal_checkpoint(TRUNCATE)").expect("set");
    drop(connection);
    let before = fs::read(index(home.path())).expect("there");
    fs::remove_file(sessions(home.path()).join("0.jsonl")).expect("removed");
    put(home.path(), "new.jsonl", &log("new", 1, 1_770_000_000_000, "hello"));
    check(home.path(), "newer");
    assert_eq!(fs::read(index(home.path())).expect("there"), before);
    assert!(!is_used(home.path()));
}

#[test]
fn locks_are_not_waited_for() {
    let home = filled();
    let lock = fs::File::options().write(true).open(home.path().join("agent/sessions.idx.db.lock")).expect("opens");
    lock.lock().expect("locked");
    fs::remove_file(sessions(home.path()).join("0.jsonl")).expect("removed");
    put(home.path(), "new.jsonl", &log("new", 1, 1_770_000_000_000, "hello"));
    check(home.path(), "the lock file is held");
    let holder = rusqlite::Connection::open(index(home.path())).expect("opens");
    holder.execute_batch("PRAGMA locking_mode=EXCLUSIVE;BEGIN EXCLUSIVE;CREATE TABLE t(x)").expect("locked");
    check(home.path(), "the lock file and the database are held");
    drop(lock);
    check(home.path(), "the database is held");
    drop(holder);
    check(home.path(), "nothing is held");
    assert!(is_used(home.path()));
}

/// The folder of the index is jcode's own, and may lie elsewhere.
#[cfg(unix)]
#[test]
fn its_folder_may_be_a_link() {
    let (home, elsewhere) = (filled(), tempfile::TempDir::new().expect("a folder"));
    let agent = index(home.path()).parent().expect("a folder").to_path_buf();
    if agent.exists() {
        std::fs::remove_dir_all(&agent).expect("removed");
    }
    std::os::unix::fs::symlink(elsewhere.path(), &agent).expect("linked");
    check(home.path(), "a link");
    assert!(is_used(home.path()));
}
