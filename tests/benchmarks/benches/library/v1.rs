//! A jcode v1 session in memory: as jcode loads it, and as the log that it becomes.

use criterion::{Criterion, Throughput};
use jcode_session_core::dialect::jcode::replay;
use jcode_session_core::dialect::jcode::{Replay, V1Sources, present};
use jcode_session_core::source::{ByteSource, SliceSource};
use jcode_session_tests::jcode_model::{V1Files, write_large_v1};
use std::ops::ControlFlow;
use tempfile::TempDir;

const BYTES: u64 = 8 << 20;

pub fn bench(criterion: &mut Criterion) {
    let folder = TempDir::new().expect("a folder");
    write_large_v1(folder.path(), "large", BYTES, 1).expect("written");
    let files = V1Files::read_from(folder.path(), "large").expect("readable");
    let mut group = criterion.benchmark_group("jcode v1");
    group.throughput(Throughput::Bytes(BYTES));
    group.bench_function("replay", |bench| bench.iter(|| replayed(&files)));
    group.bench_function("replay and present", |bench| {
        bench.iter(|| present(replayed(&files)).expect("presented").len());
    });
    group.finish();
}

fn replayed(files: &V1Files) -> Replay<SliceSource<'_>> {
    let sources = V1Sources {
        session_id: "large".into(),
        snapshot: files.snapshot.as_deref().map(SliceSource),
        journal: files.journal.as_deref().map(SliceSource),
        bak: None,
    };
    replay(sources, &mut |_| ControlFlow::Continue(())).expect("replays")
}
