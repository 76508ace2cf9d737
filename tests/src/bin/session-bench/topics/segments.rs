//! Sealed and compressed segments: what they cost, what an entry in one costs, what they leave.

use super::Topic;
use crate::lab::{Lab, build_sidecar};
use crate::record::{Figure, Row, Target, Unit};
use crate::turns::{timed, timed_each};
use crate::{Outcome, floors};
use jcode_session_core::source::ByteSource;
use jcode_session_native::fs::LogFile;
use jcode_session_native::paths;
use jcode_session_native::seal::{self, Segments};
use jcode_session_native::store::take_checkpoint;
use jcode_session_tests::generate::{LargeLog, Until};
use std::fs;
use std::path::Path;

pub const TOPIC: Topic = Topic {
    name: "segments",
    title: "Segments",
    about: "A log of 256 MB with a checkpoint, text and tool output without images. The floor copies the log with a sync. An entry is one of 2 KB at a random place, read by a log that was just opened and has read none before.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    let until = Until::Bytes(lab.pick(256_000_000, 1_000_000));
    let log = lab.log("segments", LargeLog { until, ..LargeLog::default() })?;
    build_sidecar(&log)?;
    take_checkpoint(&log)?;
    let len = fs::metadata(&log)?.len();
    let size = seal::DEFAULT_SIZE.min(len / 4);
    let copies = lab.folder("segments-copy")?;
    let mut figures: [Figure; 6] = Default::default();
    for _ in 0..lab.rounds(3) {
        let copied = floors::copy_and_sync(std::slice::from_ref(&log), &copies)?;
        let mut bytes = 0;
        let sealed = timed(|| {
            bytes = seal::run(&log, Segments { size, compress: false })?.plan.bytes();
            Ok(())
        })?;
        let plain = entries(&log, len)?;
        let compressed = timed(|| Ok(seal::run(&log, Segments { size, compress: true })?))?;
        let packed = entries(&log, len)?;
        let share = stored(&log)? as f64 / bytes as f64;
        seal::undo(&log)?;
        let round = [copied, sealed, plain, compressed, packed, share];
        figures.iter_mut().zip(round).for_each(|(figure, value)| figure.0.push(value));
    }
    let [copied, sealed, plain, compressed, packed, share] = figures;
    let seconds = |what, figure| Row::new(what, Unit::Seconds, figure);
    lab.add(seconds("seal", sealed).floor("copy and sync", copied.clone()).target(Target::MostTimes(2.0)));
    lab.add(seconds("compress what was sealed", compressed).floor("copy and sync", copied));
    lab.add(seconds("entry of a plain segment", plain.clone()));
    lab.add(seconds("entry of a compressed segment", packed).floor("plain", plain).target(Target::Most(0.5e-3)));
    lab.add(Row::new("compressed length by plain length", Unit::Share, share).target(Target::Most(0.3)));
    Ok(())
}

/// Seconds of one entry at a scattered place.
fn entries(log: &Path, len: u64) -> Outcome<f64> {
    let mut figure = Figure::default();
    for n in 1..=200_u64 {
        let at = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % (len - 4096);
        let file = LogFile::open(log)?;
        figure.0.push(timed_each(1, || Ok(file.read_vec(at, 2000)?))?);
    }
    Ok(figure.median())
}

fn stored(log: &Path) -> Outcome<u64> {
    let files = fs::read_dir(paths::store(log).join("segments"))?;
    files.map(|file| Ok(file?.metadata()?.len())).sum()
}
