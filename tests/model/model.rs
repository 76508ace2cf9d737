//! The threads of writers in orders that a checker chooses: those that append, and those that sync and keep sidecars
//! behind them.
//!
//! `tests/run model` runs it. `JCODE_SESSION_SCHEDULES` sets the number of orders per scenario (300). Timeouts never
//! fire here, so nothing may depend on one.

use jcode_session_core::write::{Cause, Durability, Kept, Parent, WriteError};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::writer::{NewSession, Writer, WriterOptions};
use shuttle::scheduler::{PctScheduler, RandomScheduler};
use shuttle::sync::{Arc, Mutex};
use shuttle::{Config, Runner, thread};
use std::collections::BTreeSet;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use tempfile::TempDir;

/// Appends per thread.
const EACH: u64 = 3;

fn schedules() -> usize {
    std::env::var("JCODE_SESSION_SCHEDULES").ok().and_then(|n| n.parse().ok()).unwrap_or(300)
}

/// Runs a scenario in many orders: half of them at random, half with few switches of threads, because bugs often need
/// few.
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

/// Lets threads append through one writer. Returns the acknowledged ids.
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

/// Checks that the log holds each acknowledged entry once, and that a fresh sidecar agrees.
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

/// Two sessions: one ends while the threads behind both work for the other.
#[test]
fn sessions_share_the_threads_behind_them() {
    for durability in [Durability::Balanced { entries: 2, millis: 1 << 20 }, Durability::Throughput] {
        in_many_orders(move || {
            let folder = TempDir::new().expect("a folder");
            let session = |name: &str| {
                let log = folder.path().join(name);
                let writer = open(&log, durability);
                thread::spawn(move || {
                    let (writer, told) = append_together(writer, 1, 0);
                    let closed = writer.close().map_err(|unwritten| unwritten.error).expect("closes");
                    assert_eq!(closed.sidecar_lags, None);
                    (log, told)
                })
            };
            for session in [session("a.jsonl"), session("b.jsonl")] {
                let (log, told) = session.join().expect("ends");
                sound(&log, &told);
            }
        });
    }
}

/// The sidecar is built while the first entries come, from the log or from entries that are handed over.
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

/// An acknowledged entry stands in the log, even while another thread's flush is writing.
#[test]
fn an_append_beside_a_flush_is_written_when_it_is_acknowledged() {
    for durability in [Durability::Strict, Durability::Balanced { entries: 1 << 20, millis: 1 << 20 }] {
        in_many_orders(move || {
            let folder = TempDir::new().expect("a folder");
            let log = folder.path().join("s.jsonl");
            let writer = Arc::new(open(&log, durability));
            let other = Arc::clone(&writer);
            let flushing = thread::spawn(move || (0..2).for_each(|_| other.flush().expect("flushes")));
            let append = |number: u64| {
                let id = writer.append(object(number).as_bytes(), Parent::Leaf).expect("appends");
                assert!(std::fs::read_to_string(&log).expect("there").contains(&id), "acknowledged and not in the log");
                id
            };
            let told = (0..EACH).map(append).collect();
            flushing.join().expect("ends");
            let writer = Arc::into_inner(writer).expect("nobody else has it");
            writer.close().map_err(|unwritten| unwritten.error).expect("closes");
            sound(&log, &told);
        });
    }
}

/// One thread stands for a program that takes no lock: it appends a line while others append through the writer.
fn beside_lines_of_another_program(durability: Durability, threads: u64) {
    in_many_orders(move || {
        let folder = TempDir::new().expect("a folder");
        let log = folder.path().join("s.jsonl");
        let writer = open(&log, durability);
        let path = log.clone();
        let foreign = thread::spawn(move || {
            for number in 900..902 {
                let line = format!("{{\"type\":\"message\",\"id\":\"e{number}\",\"parentId\":null,\"timestamp\":1}}\n");
                let mut file = std::fs::OpenOptions::new().append(true).open(&path).expect("opens");
                file.write_all(line.as_bytes()).expect("written");
                thread::yield_now();
            }
        });
        let (writer, mut told) = append_together(writer, threads, 0);
        foreign.join().expect("ends");
        let closed = writer.close().map_err(|unwritten| unwritten.error).expect("closes");
        assert_eq!(closed.sidecar_lags, None);
        assert!(closed.foreign_from.is_some(), "not noticed");
        told.extend(["e900".to_string(), "e901".to_string()]);
        sound(&log, &told);
    });
}

#[test]
fn strict_beside_lines_of_another_program() {
    beside_lines_of_another_program(Durability::Strict, 2);
}

#[test]
fn balanced_beside_lines_of_another_program() {
    beside_lines_of_another_program(Durability::Balanced { entries: 2, millis: 1 << 20 }, 2);
}

#[test]
fn throughput_beside_lines_of_another_program() {
    beside_lines_of_another_program(Durability::Throughput, 2);
}

/// The log is removed while threads append and one flushes. Every thread gets an error, none waits forever, and
/// acknowledged entries are in the file that the error names.
#[test]
fn a_log_that_goes_ends_every_append() {
    for durability in [Durability::Strict, Durability::Balanced { entries: 2, millis: 1 << 20 }, Durability::Throughput]
    {
        in_many_orders(move || {
            let folder = TempDir::new().expect("a folder");
            let log = folder.path().join("s.jsonl");
            let writer = Arc::new(open(&log, durability));
            let path = log.clone();
            let foreign = thread::spawn(move || std::fs::remove_file(path).expect("removed"));
            let all: Vec<_> = (0..2)
                .map(|number| {
                    let writer = Arc::clone(&writer);
                    let append = move |n| writer.append(object(number * EACH + n).as_bytes(), Parent::Leaf).ok();
                    thread::spawn(move || (0..EACH).filter_map(append).collect::<Vec<String>>())
                })
                .collect();
            let flushed = Arc::clone(&writer);
            let flushing = thread::spawn(move || drop(flushed.flush()));
            let told: Vec<String> = all.into_iter().flat_map(|thread| thread.join().expect("ends")).collect();
            flushing.join().expect("ends");
            foreign.join().expect("ends");
            let writer = Arc::into_inner(writer).expect("nobody else has it");
            let unwritten = writer.close().expect_err("the log is gone");
            let WriteError::Latched(Cause::Displaced(displaced)) = unwritten.error else { panic!("{unwritten:?}") };
            let mut held = String::from_utf8(unwritten.lines).expect("text");
            if let Kept::SetAside(file) = &displaced.kept {
                held += &std::fs::read_to_string(file).expect("there");
            }
            assert!(told.iter().all(|id| held.contains(&format!("\"id\":\"{id}\""))), "{told:?} {displaced}");
            assert!(!log.exists(), "made anew");
        });
    }
}
