//! Sealed and compressed segments: the cost of making them, the cost of reading an entry from one, and their size.

use super::Topic;
use crate::lab::{Lab, build_sidecar};
use crate::record::{Figure, Row, Target, Unit};
use crate::turns::{timed, timed_each};
use crate::{Outcome, floors, project};
use jcode_session_core::source::{ByteSource, go_on};
use jcode_session_native::ops::restore::take_checkpoint;
use jcode_session_native::ops::seal::{self, Segments};
use jcode_session_native::os::log_file::LogFile;
use jcode_session_native::os::paths;
use jcode_session_tests::generate::{LargeLog, Until};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

pub const TOPIC: Topic = Topic {
    name: "segments",
    title: "Segments",
    about: "A log of 256 MB with a checkpoint, text and tool output without images; the compressed length is that of a log whose texts are this project's own sources and documents, which repeat themselves as little as real ones. The floor copies the log with a sync. An entry is one of 2 KB at a random place, read by a log that was just opened and has read none before.",
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
    let mut figures: [Figure; 5] = Default::default();
    for _ in 0..lab.rounds(3) {
        let copied = floors::copy_and_sync(std::slice::from_ref(&log), &copies)?;
        let sealed = timed(|| Ok(seal::run(&log, Segments { size, compress: false }, &mut go_on)?))?;
        let plain = entries(&log, len)?;
        let compressed = timed(|| Ok(seal::run(&log, Segments { size, compress: true }, &mut go_on)?))?;
        let packed = entries(&log, len)?;
        seal::undo(&log, &mut go_on)?;
        let round = [copied, sealed, plain, compressed, packed];
        figures.iter_mut().zip(round).for_each(|(figure, value)| figure.0.push(value));
    }
    let [copied, sealed, plain, compressed, packed] = figures;
    let seconds = |what, figure| Row::new(what, Unit::Seconds, figure);
    lab.add(seconds("seal", sealed).floor("copy and sync", copied.clone()).target(Target::MostTimes(2.0)));
    lab.add(
        seconds("compress what was sealed", compressed).floor("copy and sync", copied).target(Target::MostTimes(1.8)),
    );
    lab.add(seconds("entry of a plain segment", plain.clone()));
    lab.add(seconds("entry of a compressed segment", packed).floor("plain", plain).target(Target::Most(0.5e-3)));
    lab.add(
        Row::new("compressed length by plain length", Unit::Share, Figure(vec![share(lab)?])).target(Target::Most(0.3)),
    );
    Ok(())
}

/// The share that compression leaves of a log of real text.
fn share(lab: &Lab) -> Outcome<f64> {
    let log = lab.folder("segments-text")?.join("log.jsonl");
    write_sources(lab.pick(64_000_000, 1_000_000), &log)?;
    take_checkpoint(&log)?;
    let size = fs::metadata(&log)?.len() / 4;
    let plain = seal::run(&log, Segments { size, compress: true }, &mut go_on)?.plan.bytes();
    Ok(stored(&log)? as f64 / plain as f64)
}

/// A log of this many bytes in which a tool reads the project's own files, 4 KB at a time, again and again.
fn write_sources(bytes: u64, log: &Path) -> Outcome<()> {
    let mut texts = Vec::new();
    for folder in ["core/src", "host-native/src", "cli/src", "tests/src", "tests/tests", "docs"] {
        collect(&project::path(folder), &mut texts)?;
    }
    let texts = texts.iter().flat_map(|text| text.as_bytes().chunks(4_000)).map(String::from_utf8_lossy);
    let mut out = BufWriter::new(File::create(log)?);
    let time = "2026-01-01T00:00:00.000Z";
    let header = json!({"type": "session", "version": 3, "id": "sources", "timestamp": time, "cwd": "/work"});
    writeln!(out, "{header}")?;
    let (mut written, mut parent) = (0, Value::Null);
    for (number, text) in texts.cycle().enumerate() {
        let message = json!({"role": "toolResult", "content": [{"type": "text", "text": text}], "isError": false});
        let id = format!("{number:08x}");
        let entry = json!({"type": "message", "id": id, "parentId": parent, "timestamp": time, "message": message});
        let line = format!("{entry}\n");
        out.write_all(line.as_bytes())?;
        written += line.len() as u64;
        if written > bytes {
            break;
        }
        parent = id.into();
    }
    Ok(out.flush()?)
}

fn collect(folder: &Path, texts: &mut Vec<String>) -> Outcome<()> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Outcome<_>>()?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, texts)?;
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "md") {
            texts.push(fs::read_to_string(path)?);
        }
    }
    Ok(())
}

/// Seconds per entry at scattered places.
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
