//! Speed and memory of migrating one large v1 session: `v1_speed FOLDER MEGABYTES [mapped|read]`.

use jcode_session_core::dialect::jcode::replay;
use jcode_session_core::dialect::jcode::{Growth, V1Sources, plan_growth, present};
use jcode_session_core::index::IndexBuilder;
use jcode_session_core::log::{LogScan, scan_source};
use jcode_session_core::source::{ByteSource, SourceError};
use jcode_session_tests::jcode_model::write_large_v1;
use std::fs::File;
use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Instant;

/// A file that is read position by position, or held whole to stand for a mapped one.
struct Source {
    file: File,
    len: u64,
    view: Option<Vec<u8>>,
}

impl Source {
    fn open(path: &Path, mapped: bool) -> Self {
        let mut file = File::open(path).expect("opens");
        let len = file.metadata().expect("has a length").len();
        let mut bytes = Vec::new();
        if mapped {
            file.read_to_end(&mut bytes).expect("reads");
        }
        Self { file, len, view: mapped.then_some(bytes) }
    }
}

impl ByteSource for Source {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), SourceError> {
        match &self.view {
            Some(view) => buffer.copy_from_slice(&view[offset as usize..offset as usize + buffer.len()]),
            None => self.file.read_exact_at(buffer, offset).expect("reads"),
        }
        Ok(())
    }

    fn view(&self) -> Option<&[u8]> {
        self.view.as_deref()
    }
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let folder = Path::new(&arguments[1]);
    let megabytes: u64 = arguments[2].parse().expect("a number");
    let mapped = arguments.get(3).is_none_or(|way| way == "mapped");
    let snapshot = folder.join("session_big.json");
    if !snapshot.exists() {
        let count = write_large_v1(folder, "session_big", megabytes << 20, 7).expect("writes");
        println!("{count} messages; run again");
        return;
    }
    let sources = || V1Sources {
        session_id: "session_big".into(),
        snapshot: Some(Source::open(&snapshot, mapped)),
        bak: None,
        journal: Some(Source::open(&folder.join("session_big.journal.jsonl"), mapped)),
    };
    let mut go_on = |_| ControlFlow::Continue(());
    let (files, start) = (sources(), Instant::now());
    let total = files.snapshot.as_ref().map_or(0, |s| s.len) + files.journal.as_ref().map_or(0, |s| s.len);
    let rate = |start: Instant| total as f64 / 1e6 / start.elapsed().as_secs_f64();
    let replayed = replay(files, &mut go_on).expect("replays");
    println!("replay {:.0} MB/s, {} messages, peak {}", rate(start), replayed.message_count(), peak());
    let begun = Instant::now();
    let log = present(replayed).expect("presents");
    println!("present {:.3} s, peak {}", begun.elapsed().as_secs_f64(), peak());
    let begun = Instant::now();
    let path = folder.join("session_big.jsonl");
    let mut out = File::create(&path).expect("creates");
    let (mut at, mut buffer) = (0, vec![0; 1 << 20]);
    while at < log.len() {
        let take = usize::try_from(log.len() - at).expect("fits").min(buffer.len());
        log.read_at(at, &mut buffer[..take]).expect("reads");
        if arguments.len() < 5 {
            out.write_all(&buffer[..take]).expect("writes");
        }
        at += take as u64;
    }
    println!("render{} {:.0} MB/s, peak {}", if arguments.len() < 5 { " and write" } else { "" }, rate(begun), peak());
    println!("all {:.0} MB/s", rate(start));
    let begun = Instant::now();
    let mut builder = IndexBuilder::new(());
    scan_source(&log, 0..log.len(), LogScan::new(), &mut builder, &mut go_on).expect("scans");
    println!("index {:.0} MB/s, {} entries, peak {}", rate(begun), builder.finish().entry_count(), peak());
    drop(log);
    if arguments.len() < 5 {
        let begun = Instant::now();
        let growth =
            plan_growth(&Source::open(&path, mapped), replay(sources(), &mut go_on).expect("replays"), &mut go_on);
        let nothing = matches!(growth, Ok(Growth::Nothing));
        println!("growth (with replay) {:.0} MB/s, nothing: {nothing}, peak {}", rate(begun), peak());
    }
}
