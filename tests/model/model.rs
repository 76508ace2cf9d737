//! The threads behind a writer, in orders that a checker chooses: those who append, the one that syncs, and the one that
//! keeps the sidecar.
//!
//! `tests/run model` runs it. `JCODE_SESSION_SCHEDULES` sets how many orders are tried of each scenario (300). A time that
//! is waited for never comes here, so that nothing may depend on one.

use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::writer::{NewSession, Writer, WriterOptions};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::{Arc, Mutex};
use shuttle::{Config, Runner, thread};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::Path;
use tempfile::TempDir;

/// Appends of a thread.
const EACH: u64 = 3;

fn schedules() -> usize {
    std::env::var("JCODE_SESSION_SCHEDULES").ok().and_then(|n| n.parse().ok()).unwrap_or(300)
}

/// Runs a scenario in many orders: half of them at random, half with few changes of thread, as bugs like them.
fn in_many_orders(scenario: impl Fn() + Send + Sync + Clone + 'static) {
    let config = || {
        let mut config = Config::new();
        // SQLite runs on these stacks.
        config.stack_size = 1 << 20;
        config
    };
    let half = schedules() / 2;
    Runner::new(RandomScheduler::new(half), config()).run(scenario.clone());
    Runner::new(PctScheduler::new(3, half), config()).run(scenario);
}

fn object(n: u64) -> String {
    format!("{{\"type\":\"message\",\"id\":\"e{n}\",\"message\":{{\"role\":\"user\",\"content\":\"{n}\"}}}}")
}

fn open(log: &Path, durability: Durability) -> Writer {
    let create = Some(NewSession { session_id: Some("s".into()), ..NewSession::default() });
    Writer::open(log, &WriterOptions { durability, create, ..WriterOptions::default() }).expect("opens")
}

/// Threads append through one writer; the ids that they were told.
fn append_together(writer: Writer, threads: u64, from: u64) -> (Writer, BTreeSet<String>) {
    let writer = Arc::new(writer);
    let told = Arc::new(Mutex::new(BTreeSet::new()));
    let all: Vec<_> = (0..threads)
        .map(|number| {
            let (writer, told) = (Arc::clone(&writer), Arc::clone(&told));
            thread::spawn(move || {
                for n in 0..EACH {
                    let entry = object(from + number * EACH + n);
                    let id = writer.append(entry.as_bytes(), Parent::Leaf).expect("appends");
                    told.lock().expect("not poisoned").insert(id);
                }
            })
        })
        .collect();
    for thread in all {
        thread.join().expect("ends");
    }
    let told = std::mem::take(&mut *told.lock().expect("not poisoned"));
    (Arc::into_inner(writer).expect("nobody else has it"), told)
}

/// The log holds what was told, once each, and a fresh sidecar says the same.
fn sound(log: &Path, told: &BTreeSet<String>) {
    let text = std::fs::read_to_string(log).expect("there");
    let ids: Vec<String> = text
        .lines()
        .skip(1)
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).expect("json")["id"].as_str().expect("an id").into()
        })
        .collect();
    assert_eq!(ids.len(), told.len());
    assert_eq!(&ids.into_iter().collect::<BTreeSet<String>>(), told);
    let report = verify(log, &mut |_| ControlFlow::Continue(())).expect("verifies");
    assert!(report.ok && report.sidecar == "fresh", "{report:?}");
}

fn closed(durability: Durability, threads: u64) {
    in_many_orders(move || {
        let folder = TempDir::new().expect("a folder");
        let log = folder.path().join("s.jsonl");
        let (writer, told) = append_together(open(&log, durability), threads, 0);
        let closed = writer.close().map_err(|unwritten| unwritten.error).expect("closes");
        assert_eq!(closed.sidecar_lags, None);
        sound(&log, &told);
    });
}

#[test]
fn strict_threads_share_flights() {
    closed(Durability::Strict, 3);
}

#[test]
fn balanced_threads_share_a_syncing_thread() {
    closed(Durability::Balanced { entries: 2, millis: 1 << 20 }, 2);
}

#[test]
fn throughput_hands_over_at_the_end() {
    closed(Durability::Throughput, 2);
}

/// The sidecar is built while the first entries come, from the log or from what is handed over.
#[test]
fn a_sidecar_that_is_gone_is_built_behind_the_writer() {
    in_many_orders(|| {
        let folder = TempDir::new().expect("a folder");
        let log = folder.path().join("s.jsonl");
        let (first, mut told) = append_together(open(&log, Durability::Strict), 1, 0);
        drop(first);
        std::fs::remove_file(log.with_extension("sqlite3")).expect("it was built");
        let (second, more) = append_together(open(&log, Durability::Strict), 2, 100);
        let closed = second.close().map_err(|unwritten| unwritten.error).expect("closes");
        assert_eq!(closed.sidecar_lags, None);
        told.extend(more);
        sound(&log, &told);
    });
}

/// One thread flushes while others append.
#[test]
fn a_flush_waits_for_what_was_appended_before() {
    in_many_orders(|| {
        let folder = TempDir::new().expect("a folder");
        let log = folder.path().join("s.jsonl");
        let writer = Arc::new(open(&log, Durability::Throughput));
        let other = Arc::clone(&writer);
        let flushing = thread::spawn(move || {
            let id = other.append(object(50).as_bytes(), Parent::Leaf).expect("appends");
            other.flush().expect("flushes");
            id
        });
        let own = writer.append(object(1).as_bytes(), Parent::Leaf).expect("appends");
        let id = flushing.join().expect("ends");
        assert!(std::fs::read_to_string(&log).expect("there").contains(&id), "flushed and not in the log");
        let writer = Arc::into_inner(writer).expect("nobody else has it");
        writer.close().map_err(|unwritten| unwritten.error).expect("closes");
        sound(&log, &BTreeSet::from([id, own]));
    });
}
