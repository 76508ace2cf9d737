//! Upgrades of older dialects: nothing lost, nothing changed that need not be, the same every time.

use jcode_session_core::dialect::{CurrentLog, check_upgrade, detect, present};
use jcode_session_core::finding::Code;
use jcode_session_core::log::Dialect;
use jcode_session_core::report::MigrateAction;
use jcode_session_core::source::{ByteSource, SliceSource};
use jcode_session_native::ops::migrate::{Options, migrate};
use jcode_session_native::ops::verify::verify;
use jcode_session_tests::effort::cases;
use jcode_session_tests::files::{LogDir, ask, mode, set_mode};
use jcode_session_tests::generate::{
    LogShape, damaged_linear_v1, damaged_tree_v2, linear_v1, linear_v1_log, tree_v2_log,
};
use jcode_session_tests::oracle::read_log;
use proptest::prelude::*;
use serde_json::Value;
use std::fs;
use std::ops::ControlFlow;

fn upgraded(bytes: &[u8]) -> (Dialect, Vec<u8>) {
    let detected = detect(&SliceSource(bytes)).expect("a slice can be read");
    let presented = present(SliceSource(bytes), &detected, &mut |_| ControlFlow::Continue(())).expect("a log");
    let len = usize::try_from(presented.len()).expect("small");
    (detected.dialect, presented.read_vec(0, len).expect("a slice can be read"))
}

/// Header and entries as the oracle finds them; `None` for what serde_json cannot take (half surrogate pairs).
fn values(bytes: &[u8]) -> (Option<Value>, Vec<Option<Value>>) {
    let log = read_log(bytes);
    let value = |offset: u64, len: u64| {
        let (start, len) = (offset as usize, len as usize);
        serde_json::from_str(&String::from_utf8_lossy(&bytes[start..start + len])).ok()
    };
    let header = log.header.and_then(|header| value(header.offset, header.len));
    (header, log.entries.iter().map(|entry| value(entry.offset, entry.len)).collect())
}

fn kept_fields(mut value: Value, header: bool) -> Value {
    let object = value.as_object_mut().expect("an object");
    let changed: &[&str] =
        if header { &["version"] } else { &["id", "parentId", "parent_id", "firstKeptEntryIndex", "firstKeptEntryId"] };
    for name in changed {
        object.shift_remove(*name);
    }
    if let Some(role) = object.get_mut("message").and_then(|message| message.get_mut("role"))
        && role == "hookMessage"
    {
        *role = Value::from("custom");
    }
    value
}

/// What must hold for every upgrade, judged without the engine's own reading of logs.
fn check(bytes: &[u8]) {
    let (dialect, new) = upgraded(bytes);
    let ((old_header, old_entries), (new_header, new_entries)) = (values(bytes), values(&new));
    if let (Some(old), Some(new)) = (old_header, new_header) {
        assert_eq!(new["version"], 3);
        assert_eq!(kept_fields(old, true), kept_fields(new, true));
    }
    assert_eq!(old_entries.len(), new_entries.len(), "number of entries");
    for (old, new) in old_entries.into_iter().zip(new_entries) {
        assert_eq!(old.map(|old| kept_fields(old, false)), new.map(|new| kept_fields(new, false)));
    }
    let (again_dialect, again) = upgraded(&new);
    assert_eq!(again_dialect, Dialect::TreeV3);
    assert_eq!(again, new, "an upgraded log is upgraded already");
    let (_, second) = upgraded(bytes);
    assert_eq!(second, new, "the same input gives the same bytes");
    let entries = check_upgrade(&SliceSource(bytes), &SliceSource(&new), dialect, &mut |_| ControlFlow::Continue(()))
        .expect("the engine's own check agrees");
    assert_eq!(entries, read_log(&new).entries.len() as u64);
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn good_linear_logs_become_chains(sample in linear_v1_log(40)) {
        check(&sample.bytes);
        let (_, new) = upgraded(&sample.bytes);
        let log = read_log(&new);
        prop_assert!(log.findings.is_empty(), "{:?}", log.findings);
        let named: Vec<bool> =
            values(&sample.bytes).1.iter().flatten().map(|old| old.get("parentId").is_some()).collect();
        for (number, entry) in log.entries.iter().enumerate().filter(|(number, _)| !named[*number]) {
            prop_assert_eq!(entry.parent, number.checked_sub(1));
        }
        // Entries that pi wrote after its own upgrade in memory have ids already.
        let made = log.entries.iter().map(|entry| entry.key.clone()).filter(|key| key.len() == 16);
        let mut ids: Vec<_> = made.collect();
        let in_order = ids.clone();
        ids.sort();
        prop_assert_eq!(ids, in_order, "ids sort in log order");
        // A compaction's index counts records, the header being 0.
        let (old, new) = (values(&sample.bytes).1, values(&new).1);
        for (old, new) in old.into_iter().flatten().zip(new.into_iter().flatten()) {
            if let Some(index) = old.get("firstKeptEntryIndex") {
                let target = index.as_u64().and_then(|index| log.entries.get((index as usize).checked_sub(1)?));
                prop_assert_eq!(new.get("firstKeptEntryIndex"), None);
                prop_assert_eq!(new.get("firstKeptEntryId").and_then(Value::as_str), target.map(|t| t.key.as_str()));
            }
        }
    }

    #[test]
    fn damaged_linear_logs_keep_every_byte_that_is_no_record(sample in damaged_linear_v1(30)) {
        check(&sample.bytes);
    }

    #[test]
    fn tree_v2_logs_keep_ids_and_parents(sample in tree_v2_log(40)) {
        check(&sample.bytes);
        let (_, new) = upgraded(&sample.bytes);
        let ids = |bytes: &[u8]| -> Vec<_> {
            read_log(bytes).entries.into_iter().map(|e| (e.key, e.parent_id)).collect()
        };
        prop_assert_eq!(ids(&sample.bytes), ids(&new));
    }

    #[test]
    fn damaged_tree_v2_logs_upgrade(sample in damaged_tree_v2(30)) {
        check(&sample.bytes);
    }

    #[test]
    fn readers_show_an_old_log_as_migrate_writes_it(sample in damaged_linear_v1(25)) {
        let dir = LogDir::new(&sample.bytes);
        let before = ask(&dir.log());
        let counted = verify(&dir.log(), &mut |_| ControlFlow::Continue(())).expect("readable");
        let predicted = migrate(&dir.log(), Options { dry_run: true, ..Options::default() }, &mut |_| ControlFlow::Continue(()));
        let done = migrate(&dir.log(), Options::default(), &mut |_| ControlFlow::Continue(()));
        prop_assert_eq!(&done, &predicted);
        prop_assert_eq!(done.action, MigrateAction::Upgrade, "{:?}", done.reason);
        let (_, new) = upgraded(&sample.bytes);
        prop_assert_eq!(fs::read(dir.log()).expect("there"), new);
        prop_assert_eq!(ask(&dir.log()), before);
        let after = verify(&dir.log(), &mut |_| ControlFlow::Continue(())).expect("readable");
        prop_assert_eq!(counted.entry_count, after.entry_count);
        let codes = |report: &jcode_session_core::report::LogReport| -> Vec<_> {
            // A field that could not be used is replaced on the way: a finding of the old file alone.
            let stay = report.findings.iter().filter(|f| f.code != Code::BadField);
            stay.map(|f| (f.code, f.line)).collect()
        };
        prop_assert_eq!(codes(&counted), codes(&after));
        prop_assert_eq!(after.sidecar, "fresh");
    }
}

/// Every file below a folder, with its bytes and its times.
fn snapshot(folder: &std::path::Path) -> Vec<(std::path::PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("there") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let modified = fs::metadata(&path).expect("there").modified().expect("a time");
                files.push((path.clone(), fs::read(&path).expect("there"), modified));
            }
        }
    }
    files.sort();
    files
}

fn run(dir: &LogDir) -> MigrateAction {
    migrate(&dir.log(), Options::default(), &mut |_| ControlFlow::Continue(())).action
}

#[test]
fn the_original_is_kept_and_a_second_run_changes_nothing() {
    let bytes = linear_v1(LogShape { entries: 50, ..LogShape::default() }, 3);
    let dir = LogDir::new(&bytes);
    set_mode(&dir.log(), 0o640);
    assert_eq!(run(&dir), MigrateAction::Upgrade);
    assert!(mode(&dir.log()).is_none_or(|mode| mode == 0o640), "the mode is kept");
    let store = dir.folder().join("log.store");
    assert!(mode(&store).is_none_or(|mode| mode == 0o700));
    let kept: Vec<_> = fs::read_dir(store.join("checkpoints")).expect("there").collect();
    assert_eq!(kept.len(), 1);
    let kept = kept[0].as_ref().expect("an entry").path();
    assert_eq!(fs::read(&kept).expect("there"), bytes);
    assert!(mode(&kept).is_none_or(|mode| mode & 0o077 == 0), "what is kept is private");
    let ledger = fs::read_to_string(store.join("ledger.jsonl")).expect("there");
    let events: Vec<Value> = ledger.lines().map(|line| serde_json::from_str(line).expect("a row")).collect();
    assert_eq!(
        events.iter().map(|e| e["event"].as_str().expect("an event")).collect::<Vec<_>>(),
        ["checkpoint", "migrate"]
    );
    let before = snapshot(dir.folder());
    assert_eq!(run(&dir), MigrateAction::UpToDate);
    assert_eq!(snapshot(dir.folder()), before);
}

#[test]
fn a_log_that_is_up_to_date_gets_no_store() {
    let dir = LogDir::new(&jcode_session_tests::generate::tree_v3(LogShape::default(), 3));
    let bytes = fs::read(dir.log()).expect("there");
    assert_eq!(run(&dir), MigrateAction::Index);
    assert_eq!(fs::read(dir.log()).expect("there"), bytes);
    assert!(!dir.folder().join("log.store").exists());
}

/// By the lock on the log's inode alone, which on other systems nobody can take but ours.
#[cfg(unix)]
#[test]
fn a_session_that_another_process_holds_is_skipped() {
    let dir = LogDir::new(&linear_v1(LogShape::default(), 3));
    let bytes = fs::read(dir.log()).expect("there");
    let holder = fs::File::open(dir.log()).expect("there");
    holder.lock().expect("free");
    assert_eq!(run(&dir), MigrateAction::Skipped);
    assert_eq!(fs::read(dir.log()).expect("there"), bytes);
    holder.unlock().expect("held");
    assert_eq!(run(&dir), MigrateAction::Upgrade);
}

/// Windows lets only developers and administrators make links.
#[cfg(unix)]
#[test]
fn no_link_is_written_through() {
    let dir = LogDir::new(&linear_v1(LogShape::default(), 3));
    let bytes = fs::read(dir.log()).expect("there");
    let link = dir.folder().join("link.jsonl");
    std::os::unix::fs::symlink(dir.log(), &link).expect("linked");
    let result = migrate(&link, Options::default(), &mut |_| ControlFlow::Continue(()));
    assert_eq!(result.action, MigrateAction::Skipped, "{:?}", result.reason);
    assert_eq!(fs::read(dir.log()).expect("there"), bytes);
    // A store that is a link could lead anywhere.
    let elsewhere = tempfile::TempDir::new().expect("a folder");
    std::os::unix::fs::symlink(elsewhere.path(), dir.folder().join("log.store")).expect("linked");
    assert_eq!(run(&dir), MigrateAction::Failed);
    assert_eq!(fs::read(dir.log()).expect("there"), bytes);
    assert_eq!(fs::read_dir(elsewhere.path()).expect("there").count(), 0);
}

#[test]
fn the_engines_check_notices_what_an_upgrade_must_not_do() {
    let old = linear_v1(LogShape { entries: 20, ..LogShape::default() }, 4);
    let (_, new) = upgraded(&old);
    let agrees = |new: &[u8]| {
        check_upgrade(&SliceSource(&old), &SliceSource(new), Dialect::LinearV1, &mut |_| ControlFlow::Continue(()))
            .is_ok()
    };
    assert!(agrees(&new));
    let text = String::from_utf8(new).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    let without = |at: usize| {
        let mut lines = lines.clone();
        lines.remove(at);
        lines.join("\n")
    };
    assert!(!agrees(without(lines.len() - 1).as_bytes()), "a lost last record");
    assert!(!agrees(without(5).as_bytes()), "a lost record");
    let mut swapped = lines.clone();
    swapped.swap(5, 6);
    assert!(!agrees(swapped.join("\n").as_bytes()), "records in another order");
    assert!(!agrees(text.replacen("\"timestamp\":\"2", "\"timestamp\":\"3", 2).as_bytes()), "a changed field");
    assert!(!agrees(text.replacen("\"version\":3", "\"version\":2", 1).as_bytes()), "the old version");
}

#[test]
fn recorded_sessions_upgrade() {
    let Some(fixtures) = std::env::var_os("SESSION_FIXTURES") else { return };
    let bytes = fs::read(std::path::Path::new(&fixtures).join("pi/large-session.jsonl")).expect("the fixture");
    check(&bytes);
    let dir = LogDir::new(&bytes);
    let before = ask(&dir.log());
    // pi upgrades what it opens, in place: the recording may have been opened since.
    let (dialect, _) = upgraded(&bytes);
    let wanted = if dialect.is_older() { MigrateAction::Upgrade } else { MigrateAction::Index };
    assert_eq!(run(&dir), wanted);
    let report = verify(&dir.log(), &mut |_| ControlFlow::Continue(())).expect("readable");
    assert!(report.ok && report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(ask(&dir.log()), before);
    let unchanged = snapshot(dir.folder());
    assert_eq!(run(&dir), MigrateAction::UpToDate);
    assert_eq!(snapshot(dir.folder()), unchanged);
}

#[test]
fn a_presented_log_tells_where_its_bytes_come_from() {
    let old = linear_v1(LogShape { entries: 10, ..LogShape::default() }, 4);
    let detected = detect(&SliceSource(&old)).expect("readable");
    let presented = present(SliceSource(&old), &detected, &mut |_| ControlFlow::Continue(())).expect("readable");
    assert!(matches!(presented, CurrentLog::Upgraded(_)));
    let (_, new) = upgraded(&old);
    let starts = |bytes: &[u8]| -> Vec<u64> { read_log(bytes).entries.iter().map(|entry| entry.offset).collect() };
    for (new, old) in starts(&new).into_iter().zip(starts(&old)) {
        assert_eq!(presented.origin(new), old);
    }
}
