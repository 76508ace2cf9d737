//! From bytes to rows: the walk over one object, the scan, the builder, each in memory and on one thread.

use crate::data;
use criterion::{Criterion, Throughput};
use jcode_session_core::index::IndexBuilder;
use jcode_session_core::json::walk::Walker;
use jcode_session_core::log::{LineReader, LogScan};
use serde::de::IgnoredAny;
use std::hint::black_box;
use std::ops::ControlFlow;

const BYTES: u64 = 8 << 20;

pub fn bench(criterion: &mut Criterion) {
    let log = data::log(BYTES);
    let lines: Vec<&[u8]> = log.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
    let mut group = criterion.benchmark_group("scan");
    group.throughput(Throughput::Bytes(log.len() as u64));
    group.bench_function("newlines (memchr)", |bench| {
        bench.iter(|| memchr::memchr_iter(b'\n', black_box(&log)).count());
    });
    group.bench_function("JSON pass (serde_json)", |bench| {
        bench.iter(|| {
            lines.iter().for_each(|line| {
                serde_json::from_slice::<IgnoredAny>(line).expect("JSON");
            })
        });
    });
    group.bench_function("walk lines", |bench| {
        let mut walker = Walker::new();
        bench.iter(|| {
            for line in &lines {
                black_box(walker.walk_object(line, 0, |_, _| {}).expect("an object"));
            }
        });
    });
    group.bench_function("read lines", |bench| {
        let mut reader = LineReader::new();
        bench.iter(|| lines.iter().for_each(|line| drop(black_box(reader.read(0, 1, line, false)))));
    });
    for (name, full) in [("build rows", false), ("build rows with findings", true)] {
        group.bench_function(name, |bench| bench.iter(|| build(black_box(&log), full)));
    }
    group.finish();
}

fn build(log: &[u8], full: bool) -> u64 {
    let mut builder = if full { IndexBuilder::with_findings(()) } else { IndexBuilder::new(()) };
    let mut scan = if full { LogScan::full() } else { LogScan::new() };
    for chunk in log.chunks(1 << 18) {
        let ControlFlow::Continue(()) = scan.push(chunk, &mut builder);
    }
    let ControlFlow::Continue(end) = scan.finish(&mut builder);
    builder.finish_at(&end).counts.entries
}
