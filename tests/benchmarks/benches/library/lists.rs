//! Lists of 1,000 sessions.

use crate::data;
use criterion::Criterion;
use jcode_session_native::catalog::{Catalog, Keep};
use std::fs;
use tempfile::TempDir;

pub fn bench(criterion: &mut Criterion) {
    let home = TempDir::new().expect("a folder");
    let sessions = home.path().join("sessions");
    fs::create_dir(&sessions).expect("made");
    let log = data::log(2_000);
    for number in 0..1_000 {
        fs::write(sessions.join(format!("{number:04}.jsonl")), &log).expect("written");
    }
    let catalog = Catalog::new(home.path(), &[sessions]);
    // Rows of files that had just been written are not believed, and read again.
    let _ = catalog.refresh(Keep::Store);
    while catalog.refresh(Keep::Store).stale_rows > 0 {}
    let mut group = criterion.benchmark_group("list 1,000");
    group.bench_function("complete", |bench| bench.iter(|| catalog.refresh(Keep::Store)));
    group.bench_function("first page of 50", |bench| bench.iter(|| catalog.first_page(50)));
    group.bench_function("all rows", |bench| bench.iter(|| catalog.first_page(1_000)));
    group.finish();
}
