//! Checkpoints, rollback and undo.

use super::Topic;
use crate::lab::{Lab, build_sidecar};
use crate::record::{Figure, Row, Target, Unit};
use crate::turns::timed;
use crate::{Outcome, floors};
use anyhow::Context;
use jcode_session_core::log::time::parse_text;
use jcode_session_core::source::go_on;
use jcode_session_core::store::checkpoint::Policy;
use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::ops::restore::{checkpoints, rollback, take_checkpoint, undo};
use jcode_session_native::writer::{Writer, WriterOptions};
use jcode_session_tests::generate::{LargeLog, Until};
use std::fs::{self, File};
use std::path::Path;
use tempfile::TempDir;

pub const TOPIC: Topic = Topic {
    name: "restore",
    title: "Checkpoints, rollback, undo",
    about: "Checkpoints are measured in memory (`/dev/shm`), where a sync costs nothing, so that what is left is their own work; each covers 100 entries of 1 KB. Rollback and undo of 1,000 entries run on the disk, syncs included.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        let small = checkpoint(lab, memory, lab.pick(10_000_000, 100_000))?;
        let large = checkpoint(lab, memory, lab.pick(1_000_000_000, 1_000_000))?;
        lab.add(
            Row::new("checkpoint besides its syncs, 10 MB", Unit::Seconds, small.clone()).target(Target::Most(1e-3)),
        );
        lab.add(
            Row::new("checkpoint besides its syncs, 1 GB", Unit::Seconds, large)
                .floor("of 10 MB", small)
                .target(Target::Most(1e-3)),
        );
    } else {
        lab.skip("checkpoints besides their syncs: there is no `/dev/shm`");
    }
    on_disk(lab)
}

/// Seconds per checkpoint of a log of about this many bytes.
fn checkpoint(lab: &Lab, root: &Path, bytes: u64) -> Outcome<Figure> {
    let folder = TempDir::with_prefix_in("session-bench-", root)?;
    let log = folder.path().join("log.jsonl");
    LargeLog { until: Until::Bytes(bytes), ..LargeLog::default() }.write(File::create(&log)?)?;
    build_sidecar(&log)?;
    take_checkpoint(&log)?;
    let mut figure = Figure::default();
    for _ in 0..lab.rounds(15) {
        append(&log, 100)?;
        figure.0.push(timed(|| {
            anyhow::ensure!(take_checkpoint(&log)?, "there was something to record");
            Ok(())
        })?);
    }
    Ok(figure)
}

fn on_disk(lab: &mut Lab) -> Outcome<()> {
    let until = Until::Bytes(lab.pick(1_000_000_000, 1_000_000));
    let log = lab.log("restore", LargeLog { until, ..LargeLog::default() })?;
    build_sidecar(&log)?;
    take_checkpoint(&log)?;
    append(&log, 1_000)?;
    lab.settle();
    let first = checkpoints(&log)?.checkpoints.pop().context("a checkpoint was taken")?.timestamp;
    let copy = log.with_extension("copy");
    let (mut back, mut forth, mut copied) = (Figure::default(), Figure::default(), Figure::default());
    for _ in 0..lab.rounds(3) {
        back.0.push(timed(|| Ok(rollback(&log, parse_text(&first), &mut go_on)?))?);
        forth.0.push(timed(|| Ok(undo(&log, false, &mut go_on)?))?);
        copied.0.push(floors::copy_and_sync(std::slice::from_ref(&log), &folder_for(&copy)?)?);
    }
    let one = "rollback of the last 1,000 entries of 1 GB";
    lab.add(Row::new(one, Unit::Seconds, back).target(Target::Most(0.1)));
    lab.add(Row::new("undo of it", Unit::Seconds, forth).floor("copy and sync", copied).target(Target::MostTimes(1.1)));
    Ok(())
}

fn folder_for(copy: &Path) -> Outcome<std::path::PathBuf> {
    let _ = fs::remove_dir_all(copy);
    fs::create_dir(copy)?;
    Ok(copy.to_path_buf())
}

/// Appends entries of 1 KB; the writer takes no checkpoints itself.
fn append(log: &Path, count: u32) -> Outcome<()> {
    let never = Policy { before: false, entries: u64::MAX, bytes: u64::MAX, apart_ms: 0 };
    let options = WriterOptions { durability: Durability::Throughput, checkpoints: never, ..WriterOptions::default() };
    let writer = Writer::open(log, &options)?;
    let text = "x".repeat(850);
    for _ in 0..count {
        let entry = format!("{{\"type\":\"message\",\"message\":{{\"role\":\"user\",\"content\":\"{text}\"}}}}");
        writer.append(entry.as_bytes(), Parent::Leaf)?;
    }
    writer.close()?;
    Ok(())
}
