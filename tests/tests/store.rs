//! Rollback, undo, repair and checkpoints on files: followed by sidecars, and damaged on purpose.

use jcode_session_core::finding::Code;
use jcode_session_core::storage::Name;
use jcode_session_core::store::checkpoint::{Policy, thinned};
use jcode_session_core::store::ledger::{Event, Ledger, LedgerRow};
use jcode_session_core::write::Parent;
use jcode_session_native::ops::restore::{checkpoints, repair, rollback, take_checkpoint, undo};
use jcode_session_tests::files::{LogDir, dump};
use jcode_session_tests::generate::{LogShape, linear_v1, tree_v3};
use jcode_session_tests::program::run;
use jcode_session_tests::written::{NEVER, errors, object, writer};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn ledger(log: &Path) -> Ledger {
    jcode_session_native::ops::ledger::read(log).expect("read")
}

/// The sidecar after a rollback is the one that a build makes.
#[test]
fn sidecar_follows_a_rollback() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("s.jsonl");
    let open = writer(&log, NEVER);
    for n in 0..20 {
        open.append(object(n).as_bytes(), Parent::Leaf).expect("appends");
    }
    open.close().expect("closes");
    take_checkpoint(&log).expect("taken");
    let open = writer(&log, NEVER);
    open.append(br#"{"type":"label","targetId":"e3","label":"x"}"#, Parent::Id("e3")).expect("appends");
    open.close().expect("closes");
    rollback(&log, None).expect("rolled back");
    let plain = LogDir::new(&fs::read(&log).expect("there"));
    plain.update();
    let rows = |sidecar: &Path| -> Vec<String> {
        // One was built knowing that the log is on the disk.
        let synced = format!("{:?}", "synced_len".as_bytes());
        dump(sidecar).into_iter().filter(|row| !row.contains(&synced) && !row.contains("synced_len")).collect()
    };
    assert_eq!(rows(&log.with_extension("sqlite3")), rows(&plain.sidecar()));
}

/// A writer takes checkpoints by itself, each continuing the one before; a second run continues the first.
#[test]
fn writers_take_checkpoints_at_sync_points() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("s.jsonl");
    let policy = Policy { before: false, entries: 5, bytes: u64::MAX, apart_ms: 0 };
    let mut n = 0;
    for _ in 0..3 {
        let open = writer(&log, policy);
        for _ in 0..12 {
            open.append(object(n).as_bytes(), Parent::Leaf).expect("appends");
            n += 1;
        }
        open.flush().expect("flushes");
        open.close().expect("closes");
    }
    let ledger = ledger(&log);
    assert!(ledger.findings.is_empty());
    assert!(ledger.rows.len() >= 3, "{ledger:?}");
    assert_eq!(ledger.rows[0].base, None);
    for (at, row) in ledger.rows.iter().enumerate() {
        assert_eq!(row.event, Event::Checkpoint);
        assert_eq!(row.checkpoint_path, None);
        assert!(row.branch_leaf.is_some());
        assert_eq!(row.base, (at > 0).then_some(at as u64), "each continues the one before");
    }
    assert_eq!(ledger.rows.last().expect("rows").logical_len, fs::metadata(&log).expect("there").len());
    assert_eq!(errors(&log), []);
}

/// Another program cut the log: what is still a prefix of it stays on offer, and the chain goes on from there.
#[test]
fn a_log_that_was_cut_keeps_the_checkpoints_that_it_still_begins_with() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("s.jsonl");
    let mut lens = Vec::new();
    for n in 0..4 {
        let open = writer(&log, NEVER);
        open.append(object(n).as_bytes(), Parent::Leaf).expect("appends");
        open.close().expect("closes");
        take_checkpoint(&log).expect("taken");
        lens.push(fs::metadata(&log).expect("there").len());
    }
    fs::File::options().write(true).open(&log).and_then(|file| file.set_len(lens[1])).expect("cut");
    let open = writer(&log, NEVER);
    open.append(object(9).as_bytes(), Parent::Leaf).expect("appends");
    open.close().expect("closes");
    take_checkpoint(&log).expect("taken");
    assert_eq!(ledger(&log).rows.last().expect("rows").base, Some(2));
    assert_eq!(errors(&log), []);
    let offered: Vec<u64> = checkpoints(&log).expect("listed").checkpoints.iter().map(|c| c.logical_len).collect();
    assert_eq!(offered, [fs::metadata(&log).expect("there").len(), lens[1], lens[0]]);
    rollback(&log, None).expect("rolled back");
    assert_eq!(fs::metadata(&log).expect("there").len(), lens[1]);
}

/// Bytes in front of a checkpoint that were changed by hand: JSON all the same, and found by verify.
#[test]
fn changed_bytes_under_a_checkpoint_are_found() {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("s.jsonl");
    let open = writer(&log, NEVER);
    for n in 0..30 {
        open.append(object(n).as_bytes(), Parent::Leaf).expect("appends");
    }
    open.close().expect("closes");
    take_checkpoint(&log).expect("taken");
    let text = fs::read_to_string(&log).expect("there");
    fs::write(&log, text.replace("\"content\":\"7\"", "\"content\":\"8\"")).expect("written");
    assert!(errors(&log).iter().any(|(code, _)| *code == Code::LedgerBroken));
}

fn rolled_back() -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let log = folder.path().join("s.jsonl");
    for n in 0..3 {
        let open = writer(&log, NEVER);
        open.append(object(n).as_bytes(), Parent::Leaf).expect("appends");
        open.close().expect("closes");
        take_checkpoint(&log).expect("taken");
    }
    rollback(&log, None).expect("rolled back");
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
        let refused = undo(&log, true).expect_err("refused").to_string();
        assert!(refused.contains(words), "{refused}");
        assert_eq!(fs::read(&log).expect("there"), before);
    }
    fs::write(&kept, &bytes).expect("written");
    assert_eq!(errors(&log), []);
    undo(&log, false).expect("taken back");
}

#[test]
fn a_lost_original_is_named_and_leaves_the_log_alone() {
    let home = TempDir::new().expect("a folder");
    let original = linear_v1(LogShape { entries: 20, ..LogShape::default() }, 3);
    let log = home.path().join("s.jsonl");
    fs::write(&log, &original).expect("written");
    assert_eq!(run(home.path(), ["migrate".as_ref(), log.as_os_str()]).code, 0);
    let upgraded = fs::read(&log).expect("there");
    let kept = fs::read_dir(log.with_extension("store").join("checkpoints")).expect("there");
    let kept = kept.map(|entry| entry.expect("an entry").path()).next().expect("an original");
    for damage in [Some(b"{}\n".to_vec()), None] {
        match damage {
            Some(bytes) => fs::write(&kept, bytes).expect("written"),
            None => fs::remove_file(&kept).expect("removed"),
        }
        assert!(errors(&log).iter().any(|(code, _)| *code == Code::CheckpointMissing));
        rollback(&log, None).expect_err("refused");
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
        rollback(&log, None).expect_err("refused");
        undo(&log, true).expect_err("refused");
        assert_eq!(fs::read(&log).expect("there"), bytes);
        assert_eq!(fs::read(folder.path().join("x")).expect("there"), b"secret\n");
        assert_eq!(fs::read_dir(folder.path()).expect("there").count(), 2);
    }
    assert!(Name::new("..").is_none());
}

#[test]
fn thinning_keeps_less_of_what_is_older() {
    let now = 1_760_000_000_000;
    let minute = 60_000;
    let rows: Vec<(i64, bool)> = (0..60 * 24 * 4).map(|m| (now - m * minute, m % 1000 == 999)).collect();
    let kept = thinned(&rows, now);
    let count = |from: i64, to: i64| (from..to).filter(|&m| kept[m as usize] && !rows[m as usize].1).count();
    assert_eq!(count(0, 61), 61, "all of the last hour");
    assert!((23..=24).contains(&count(61, 60 * 24)), "one an hour: {}", count(61, 60 * 24));
    assert!((3..=4).contains(&count(60 * 24 + 1, 60 * 24 * 4)), "one a day");
    assert!(rows.iter().zip(&kept).all(|((_, always), kept)| !always || *kept));
}

#[test]
fn policy_counts_entries_bytes_and_time() {
    let policy = Policy { before: false, entries: 10, bytes: 1000, apart_ms: 500 };
    assert!(!policy.due(9, 999, None, 0));
    assert!(policy.due(10, 1, None, 0) && policy.due(1, 1000, None, 0));
    assert!(!policy.due(10, 1, Some(0), 499) && policy.due(10, 1, Some(0), 500));
    assert!(policy.due(10, 1, Some(1000), 0), "a clock that was set back");
    assert!(!policy.due(0, 0, None, 0));
}

/// Damage of every kind: repaired, it verifies clean, all entries that were read are still there, the old log is kept.
#[test]
fn repaired_logs_verify_clean() {
    use jcode_session_tests::generate::{damage, random};
    let mut repaired = 0;
    for seed in 0..120 {
        let good = tree_v3(LogShape { entries: 12, branch_percent: 20, ..LogShape::default() }, seed);
        let bytes = damage(&good, &mut random(seed));
        let dir = LogDir::new(&bytes);
        let before = jcode_session_tests::oracle::read_log(&bytes).entries.len();
        let bad = !errors(&dir.log()).is_empty();
        match repair(&dir.log()) {
            Ok((plan, _)) => {
                assert_eq!(errors(&dir.log()), [], "seed {seed}: {plan:?}");
                let now = fs::read(dir.log()).expect("there");
                let back = plan.mended as usize;
                assert_eq!(jcode_session_tests::oracle::read_log(&now).entries.len(), before + back, "seed {seed}");
                if plan.is_nothing() {
                    assert_eq!(now, bytes);
                    assert!(!bad);
                } else {
                    let old = dir.log().with_extension("store").join(plan.set_aside.expect("kept"));
                    assert_eq!(fs::read(old).expect("there"), bytes);
                    repaired += 1;
                }
                assert!(repair(&dir.log()).expect("again").0.is_nothing(), "seed {seed}");
            }
            Err(error) => assert!(error.to_string().contains("migrate") || before == 0, "seed {seed}: {error}"),
        }
    }
    assert!(repaired > 60, "{repaired}");
}
