//! Appends of 2 KB to an open session, acknowledged.

use criterion::{Criterion, Throughput};
use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::writer::{NewSession, Writer, WriterOptions};
use tempfile::TempDir;

pub fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("append 2 KB");
    let entry = format!(r#"{{"type":"message","message":{{"role":"user","content":"{}"}}}}"#, "x".repeat(1_800));
    group.throughput(Throughput::Bytes(2_000));
    for durability in [Durability::Strict, Durability::default(), Durability::Throughput] {
        let folder = TempDir::new().expect("a folder");
        let create = Some(NewSession { cwd: "/".into(), ..NewSession::default() });
        let options = WriterOptions { durability, create, ..WriterOptions::default() };
        let writer = Writer::open(&folder.path().join("log.jsonl"), &options).expect("opens");
        group.bench_function(durability.name(), |bench| {
            bench.iter(|| writer.append(entry.as_bytes(), Parent::Leaf).expect("appended"));
        });
        writer.close().expect("closes");
    }
    group.finish();
}
