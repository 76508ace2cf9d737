//! A ledger, and what it names, cut, changed, lost or hostile.

use jcode_session_core::finding::Code;
use jcode_session_core::report::MigrateAction;
use jcode_session_core::source::go_on;
use jcode_session_core::storage::Name;
use jcode_session_core::store::ledger::{Event, LedgerRow};
use jcode_session_core::write::Parent;
use jcode_session_native::ops::migrate::{Options, migrate};
use jcode_session_native::ops::restore::{rollback, take_checkpoint, undo};
use jcode_session_tests::generate::{LogShape, linear_v1, tree_v3};
use jcode_session_tests::written::{NEVER, errors, object, writer};
use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use tempfile::TempDir;

fn rolled_back() -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("s.jsonl");
    for n in 0..3 {
        let open = writer(&log, NEVER);
        open.append(object(n).as_bytes(), Parent::Leaf).expect("appends");
        open.close().expect("closes");
        take_checkpoint(&log).expect("taken");
    }
    rollback(&log, None, &mut go_on).expect("rolled back");
    assert_eq!(errors(&log), []);
    (folder, log)
}

#[test]
fn a_cut_or_changed_ledger_is_named() {
    let (_folder, log) = rolled_back();
    let path = log.with_extension("store").join("ledger.jsonl");
    let whole = fs::read_to_string(&path).expect("there");
    let rows: Vec<&str> = whole.split_inclusive('\n').collect();
    let broken = |text: String| {
        fs::write(&path, text).expect("written");
        errors(&log).iter().any(|(code, _)| *code == Code::LedgerBroken)
    };
    for keep in 0..rows.len() {
        assert!(broken(rows[..keep].concat()), "cut to {keep} rows");
        assert!(broken(rows.iter().enumerate().filter(|(at, _)| *at != keep).map(|(_, row)| *row).collect()));
        assert!(broken(
            rows.iter()
                .enumerate()
                .map(|(at, row)| if at == keep { row.replacen("note", "nota", 1) } else { row.to_string() })
                .collect()
        ));
        assert!(broken(
            rows.iter()
                .enumerate()
                .map(|(at, row)| if at == keep { row.replacen("2", "3", 1) } else { row.to_string() })
                .collect()
        ));
    }
    assert!(!broken(whole.clone()), "whole again");
    // A row that a crash tore was never acted upon.
    assert!(!broken(format!("{whole}{{\"event\":\"check")));
    // What was cut stays visible when the ledger goes on.
    fs::write(&path, rows[..2].concat()).expect("written");
    let open = writer(&log, NEVER);
    open.append(object(9).as_bytes(), Parent::Leaf).expect("appends");
    open.close().expect("closes");
    take_checkpoint(&log).expect("taken");
    assert!(errors(&log).iter().any(|(code, _)| *code == Code::LedgerBroken));
}

#[test]
fn missing_and_changed_files_of_the_store_are_named() {
    let (_folder, log) = rolled_back();
    let before = fs::read(&log).expect("there");
    let quarantine = fs::read_dir(log.with_extension("store").join("quarantine")).expect("there");
    let kept = quarantine.map(|entry| entry.expect("an entry").path()).next().expect("a file");
    let bytes = fs::read(&kept).expect("there");
    let mut flipped = bytes.clone();
    flipped[bytes.len() / 2] ^= 1;
    for (damage, words) in [(Some(flipped), "does not hold"), (Some(bytes[1..].to_vec()), "shorter"), (None, "missing")]
    {
        match damage {
            Some(bytes) => fs::write(&kept, bytes).expect("written"),
            None => fs::remove_file(&kept).expect("removed"),
        }
        assert!(errors(&log).iter().any(|(code, _)| *code == Code::CheckpointMissing), "{words}");
        let refused = undo(&log, true, &mut go_on).expect_err("refused").to_string();
        assert!(refused.contains(words), "{refused}");
        assert_eq!(fs::read(&log).expect("there"), before);
    }
    fs::write(&kept, &bytes).expect("written");
    assert_eq!(errors(&log), []);
    undo(&log, false, &mut go_on).expect("taken back");
}

#[test]
fn a_lost_original_is_named_and_leaves_the_log_alone() {
    let home = TempDir::new().expect("a folder");
    let original = linear_v1(LogShape { entries: 20, ..LogShape::default() }, 3);
    let log = home.path().join("s.jsonl");
    fs::write(&log, &original).expect("written");
    let done = migrate(&log, Options::default(), &mut |_| ControlFlow::Continue(()));
    assert_eq!(done.action, MigrateAction::Upgrade);
    let upgraded = fs::read(&log).expect("there");
    let kept = fs::read_dir(log.with_extension("store").join("checkpoints")).expect("there");
    let kept = kept.map(|entry| entry.expect("an entry").path()).next().expect("an original");
    for damage in [Some(b"{}\n".to_vec()), None] {
        match damage {
            Some(bytes) => fs::write(&kept, bytes).expect("written"),
            None => fs::remove_file(&kept).expect("removed"),
        }
        assert!(errors(&log).iter().any(|(code, _)| *code == Code::CheckpointMissing));
        rollback(&log, None, &mut go_on).expect_err("refused");
        assert_eq!(fs::read(&log).expect("there"), upgraded);
    }
}

/// Ledgers from elsewhere name what they like: verify says so, and nothing outside the store is read or changed.
#[test]
fn hostile_ledgers_reach_nothing_outside() {
    for path in ["../../x", "checkpoints/../../x", "/etc/passwd", "checkpoints/.x", "checkpoints/a/b", ""] {
        let folder = TempDir::new().expect("a folder");
        fs::create_dir(folder.path().join("sessions")).expect("made");
        let log = folder.path().join("sessions/s.jsonl");
        fs::write(&log, tree_v3(LogShape { entries: 5, ..LogShape::default() }, 1)).expect("written");
        let bytes = fs::read(&log).expect("there");
        fs::write(folder.path().join("x"), b"secret\n").expect("written");
        let digest = "0".repeat(64);
        let mut row = LedgerRow::new(Event::Checkpoint, 1_760_000_000_000, 7, digest.clone(), "hostile");
        row.checkpoint_path = Some(path.to_string());
        row.fingerprint = Some(String::new());
        let mut second = LedgerRow::new(Event::Rollback, 1_760_000_000_001, 0, digest, "hostile");
        second.target = Some(1);
        second.set_aside = Some(path.replace("checkpoints", "quarantine"));
        let store = log.with_extension("store");
        fs::create_dir(&store).expect("made");
        let first = row.line("");
        let link = jcode_session_core::store::ledger::link(first.strip_suffix(b"\n").expect("a line"));
        fs::write(store.join("ledger.jsonl"), [first, second.line(&link)].concat()).expect("written");
        assert!(
            errors(&log).iter().any(|(code, words)| *code == Code::LedgerBroken && words.contains("outside")),
            "{path}"
        );
        rollback(&log, None, &mut go_on).expect_err("refused");
        undo(&log, true, &mut go_on).expect_err("refused");
        assert_eq!(fs::read(&log).expect("there"), bytes);
        assert_eq!(fs::read(folder.path().join("x")).expect("there"), b"secret\n");
        assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 2);
    }
    assert!(Name::new("..").is_none());
}
