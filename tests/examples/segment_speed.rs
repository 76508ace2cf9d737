//! What sealing and compression cost, and what they leave: `segment_speed FOLDER [MIB]`.

use jcode_session_core::source::ByteSource;
use jcode_session_native::fs::LogFile;
use jcode_session_native::seal::{self, Segments};
use jcode_session_native::store::take_checkpoint;
use jcode_session_tests::generate::{LargeLog, Until};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::Instant;

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    println!("{what}: {:.1} ms", start.elapsed().as_secs_f64() * 1000.0);
    result
}

/// A plain copy, as durable as a seal.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut target = File::create(to)?;
    io::copy(&mut File::open(from)?, &mut target)?;
    target.sync_all()
}

/// Reads entries at scattered places, each from a log that has read none before; the mean in milliseconds.
fn entries(log: &Path, len: u64) -> f64 {
    let mut spent = 0.0;
    for n in 1..=500_u64 {
        let at = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (len - 4096);
        let file = LogFile::open(log).expect("there");
        let start = Instant::now();
        file.read_vec(at, 2000).expect("read");
        spent += start.elapsed().as_secs_f64() * 1000.0;
    }
    spent / 500.0
}

fn stored(log: &Path) -> u64 {
    let folder = log.with_extension("store").join("segments");
    fs::read_dir(folder).expect("there").map(|entry| entry.expect("one").metadata().expect("known").len()).sum()
}

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().expect("a folder");
    let mib: u64 = args.next().map_or(256, |mib| mib.parse().expect("a number"));
    let folder = Path::new(&folder);
    let log = folder.join("large.jsonl");
    let shape = LargeLog { until: Until::Bytes(mib << 20), ..LargeLog::default() };
    shape.write(File::create(&log).expect("made")).expect("written");
    let len = fs::metadata(&log).expect("there").len();
    println!("log: {len} bytes");
    timed("the first checkpoint", || take_checkpoint(&log).expect("taken"));
    for round in 1..=3 {
        println!("round {round}");
        timed("  plain copy, synced", || copy(&log, &folder.join("copy")).expect("copied"));
        let size = seal::DEFAULT_SIZE.min(len / 4);
        let done = timed("  seal", || seal::run(&log, Segments { size, compress: false }).expect("sealed"));
        println!("  {} segments, {} bytes", done.plan.ranges.len(), done.plan.bytes());
        println!("  an entry from a plain segment: {:.3} ms", entries(&log, len));
        timed("  compression", || seal::run(&log, Segments { size, compress: true }).expect("compressed"));
        println!("  an entry from a compressed segment: {:.3} ms", entries(&log, len));
        println!("  compressed to {:.1} %", 100.0 * stored(&log) as f64 / done.plan.bytes() as f64);
        timed("  put back into one file", || seal::undo(&log).expect("put back"));
    }
}
