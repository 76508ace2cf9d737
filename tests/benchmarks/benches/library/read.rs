//! Reading a session: with a fresh sidecar, without one, and a sidecar that must catch up.

use crate::data;
use criterion::{BatchSize, Criterion};
use jcode_session_native::os::paths;
use jcode_session_native::session::Session;
use std::fs::{self, OpenOptions};
use std::hint::black_box;
use std::io::Write;
use std::path::Path;

pub fn bench(criterion: &mut Criterion) {
    let (_folder, log) = data::indexed(10_000_000);
    let session = |log: &Path| Session::read(log).expect("readable");
    let mut group = criterion.benchmark_group("read 10 MB");
    group.bench_function("open, last 50", |bench| bench.iter(|| session(&log).tail(50).expect("a tail")));
    group.bench_function("open, resume", |bench| bench.iter(|| session(&log).resume(50).expect("a page")));
    group.bench_function("open, tree", |bench| bench.iter(|| session(&log).tree().expect("a tree")));
    let open = session(&log);
    let key = open.tree().expect("a tree").tree.leaves[0].id.clone();
    group.bench_function("one entry", |bench| bench.iter(|| open.entry(black_box(&key)).expect("an entry")));
    let (_other, bare) = data::indexed(10_000_000);
    fs::remove_file(paths::sidecar(&bare)).expect("removed");
    group.bench_function("without a sidecar, last 50", |bench| bench.iter(|| session(&bare).tail(50).expect("a tail")));
    group.finish();
    catch_up(criterion);
}

fn catch_up(criterion: &mut Criterion) {
    let (_folder, log) = data::indexed(10_000_000);
    let mut number = 0;
    criterion.bench_function("catch-up of 100 entries", |bench| {
        let grow = || {
            let mut file = OpenOptions::new().append(true).open(&log).expect("there");
            for _ in 0..100 {
                number += 1;
                let id = format!("grown-{number:08}");
                writeln!(
                    file,
                    r#"{{"type":"message","id":"{id}","parentId":null,"timestamp":"2026-01-01T00:00:00Z"}}"#
                )
                .expect("written");
            }
        };
        bench.iter_batched(grow, |()| data::update(&log, false), BatchSize::PerIteration);
    });
}
