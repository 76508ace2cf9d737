//! Checkpoints of real logs: when they are taken, which stay on offer, what they prove.

use jcode_session_core::finding::Code;
use jcode_session_core::source::go_on;
use jcode_session_core::store::checkpoint::{Policy, thinned};
use jcode_session_core::store::ledger::{Event, Ledger};
use jcode_session_core::write::Parent;
use jcode_session_native::ops::restore::{checkpoints, rollback, take_checkpoint};
use jcode_session_tests::written::{NEVER, errors, object, writer};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

fn ledger(log: &Path) -> Ledger {
    jcode_session_native::ops::ledger::read(log).expect("read")
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
    rollback(&log, None, &mut go_on).expect("rolled back");
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
