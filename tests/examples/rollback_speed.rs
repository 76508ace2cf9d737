//! What checkpoints, rollback and undo cost on a large session: `rollback_speed FOLDER [MIB]`.

use jcode_session_core::log::time::parse_text;
use jcode_session_core::store::checkpoint::Policy;
use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::store::{checkpoints, rollback, take_checkpoint, undo};
use jcode_session_native::writer::{Writer, WriterOptions};
use jcode_session_tests::generate::{LargeLog, Until};
use std::fs::File;
use std::path::Path;
use std::time::Instant;

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{what}: {:.1} ms", start.elapsed().as_secs_f64() * 1000.0);
    result
}

fn append(log: &Path, count: u32) {
    let never = Policy { before: false, entries: u64::MAX, bytes: u64::MAX, apart_ms: 0 };
    let options = WriterOptions { durability: Durability::Throughput, checkpoints: never, ..WriterOptions::default() };
    let writer = Writer::open(log, &options).expect("opens");
    let text = "x".repeat(1000);
    for _ in 0..count {
        let entry = format!("{{\"type\":\"message\",\"message\":{{\"role\":\"user\",\"content\":\"{text}\"}}}}");
        writer.append(entry.as_bytes(), Parent::Leaf).expect("appends");
    }
    writer.close().expect("closes");
}

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().expect("a folder");
    let mib: u64 = args.next().map_or(1024, |mib| mib.parse().expect("a number"));
    let log = Path::new(&folder).join("large.jsonl");
    let shape = LargeLog { until: Until::Bytes(mib << 20), ..LargeLog::default() };
    shape.write(File::create(&log).expect("made")).expect("written");
    File::open(&log).and_then(|file| file.sync_all()).expect("synced");
    println!("log: {} bytes", std::fs::metadata(&log).expect("there").len());
    timed("the first checkpoint", || take_checkpoint(&log).expect("taken"));
    append(&log, 100);
    timed("a checkpoint 100 entries later", || take_checkpoint(&log).expect("taken"));
    append(&log, 900);
    let first = checkpoints(&log).expect("listed").checkpoints.pop().expect("one").timestamp;
    let plan = timed("rollback of 1,000 entries", || rollback(&log, parse_text(&first)).expect("rolled back"));
    println!("{plan:?}");
    timed("undo", || undo(&log, false).expect("taken back"));
    timed("rollback again", || rollback(&log, parse_text(&first)).expect("rolled back"));
}
