//! Appends in the three modes, beside bare writes, syncs and rows.

use super::Topic;
use crate::floors::Syncs;
use crate::lab::Lab;
use crate::record::{Figure, Row, Target, Unit};
use crate::turns::{in_turns, timed};
use crate::{Outcome, floors, process};
use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::writer::{NewSession, Writer, WriterOptions};
use std::fs;
use std::path::Path;
use std::time::Instant;

pub const TOPIC: Topic = Topic {
    name: "append",
    title: "Append",
    about: "Entries of 2 KB, sidecar updates included: `acknowledged` until the last append returns, `closed` until log and sidecar are on the disk. The floor of strict is a bare write and fdatasync, of the others a bare write(2) and a row of a bare bulk insert, and, until closed, their share of one fdatasync.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    let folder = lab.folder("append")?;
    strict(lab, &folder)?;
    buffered(lab, &folder)?;
    together(lab, &folder)?;
    written(lab, &folder)?;
    growth(lab, &folder)
}

fn strict(lab: &mut Lab, folder: &Path) -> Outcome<()> {
    let count = lab.pick(2_000, 50);
    let (log, bare) = (folder.join("strict.jsonl"), folder.join("bare"));
    let mut closed = Figure::default();
    let mut ours = || {
        let (acknowledged, all) = appends(&log, Durability::Strict, count, 2000)?;
        closed.0.push(all);
        Ok(acknowledged)
    };
    let [ours, floor] =
        in_turns(lab.rounds(7), [&mut ours, &mut || floors::bare_write(&bare, count, 2000, Syncs::Each)])?;
    // The first round warmed up.
    closed.0.remove(0);
    let row = |what, figure| {
        Row::new(what, Unit::Seconds, figure).floor("write, fdatasync", floor.clone()).target(Target::MostTimes(1.25))
    };
    lab.add(row("strict, acknowledged", ours));
    lab.add(row("strict, closed", closed));
    Ok(())
}

fn buffered(lab: &mut Lab, folder: &Path) -> Outcome<()> {
    let count = lab.pick(40_000, 500);
    let (log, bare) = (folder.join("buffered.jsonl"), folder.join("bare"));
    for (mode, times) in [(Durability::default(), 2.0), (Durability::Throughput, 1.5)] {
        let mut closed = Figure::default();
        let mut ours = || {
            let (acknowledged, all) = appends(&log, mode, count, 2000)?;
            closed.0.push(all);
            Ok(acknowledged)
        };
        let floor = |syncs| {
            let row = floors::bare_row(&folder.join("bare.sqlite3"), i64::from(count))?;
            Ok(floors::bare_write(&bare, count, 2000, syncs)? + row)
        };
        let (mut written, mut synced) = (|| floor(Syncs::Never), || floor(Syncs::AtEnd));
        let [ours, written, synced] = in_turns(lab.rounds(9), [&mut ours, &mut written, &mut synced])?;
        closed.0.remove(0);
        let row = |what: &str, figure, name, floor| {
            let row = Row::new(format!("{mode}, {what}"), Unit::Seconds, figure);
            row.floor(name, floor).target(Target::MostTimes(times))
        };
        lab.add(row("acknowledged", ours, "write, row", written));
        lab.add(row("closed", closed, "write, row, one sync at the end", synced));
    }
    Ok(())
}

fn together(lab: &mut Lab, folder: &Path) -> Outcome<()> {
    let count = lab.pick(1_500, 40);
    let log = folder.join("together.jsonl");
    let [eight, one] = in_turns(lab.rounds(7), [&mut || rate(&log, 8, count), &mut || rate(&log, 1, count)])?;
    lab.add(
        Row::new("strict, 8 threads through one writer", Unit::PerSecond, eight)
            .floor("1 thread", one)
            .target(Target::LeastTimes(3.0)),
    );
    Ok(())
}

fn written(lab: &mut Lab, folder: &Path) -> Outcome<()> {
    let log = folder.join("written.jsonl");
    for (mode, count, most) in [(Durability::Strict, 2_000, 16.0), (Durability::default(), 20_000, 2.0)] {
        let count = lab.pick(count, 200);
        let before = process::written_so_far();
        appends(&log, mode, count, 600)?;
        let beside = process::written_so_far() - before - fs::metadata(&log)?.len() as f64;
        lab.add(
            Row::new(
                format!("{mode}, written beside the log for each entry of 600 bytes"),
                Unit::Bytes,
                Figure(vec![beside / f64::from(count)]),
            )
            .target(Target::Most(most * 1024.0)),
        );
    }
    Ok(())
}

/// The median append early and late in one long log.
fn growth(lab: &mut Lab, folder: &Path) -> Outcome<()> {
    let (early_at, late_at, sample) = lab.pick((1_000, 400_000, 5_000), (100, 1_000, 100));
    let (mut early, mut late) = (Figure::default(), Figure::default());
    for _ in 0..lab.rounds(3) {
        let writer = open(&folder.join("growth.jsonl"), Durability::default())?;
        let entry = entry(2000);
        let append = |count: u32| -> Outcome<f64> {
            let mut times = Figure::default();
            for _ in 0..count {
                let start = Instant::now();
                writer.append(&entry, Parent::Leaf)?;
                times.0.push(start.elapsed().as_secs_f64());
            }
            Ok(times.median())
        };
        append(early_at)?;
        early.0.push(append(sample)?);
        append(late_at - early_at - sample)?;
        late.0.push(append(sample)?);
        writer.close()?;
    }
    lab.add(
        Row::new("balanced, median append at 400,000 entries", Unit::Seconds, late)
            .floor("at 1,000", early)
            .target(Target::MostTimes(1.2)),
    );
    Ok(())
}

/// An entry that has this length once its fields are filled in.
fn entry(bytes: usize) -> Vec<u8> {
    let text = "lorem ipsum dolor sit amet ".repeat(bytes / 27 + 1);
    let head = "{\"type\":\"message\",\"message\":{\"role\":\"user\",\"content\":\"";
    let filler = bytes.saturating_sub(head.len() + 5 + 140);
    format!("{head}{}\"}}}}", &text[..filler]).into_bytes()
}

/// A writer of a new session at this path.
fn open(log: &Path, durability: Durability) -> Outcome<Writer> {
    let folder = log.parent().unwrap_or(log);
    fs::remove_dir_all(folder)?;
    fs::create_dir_all(folder)?;
    let create = Some(NewSession { cwd: "/".into(), ..NewSession::default() });
    Ok(Writer::open(log, &WriterOptions { durability, create, ..WriterOptions::default() })?)
}

/// Seconds per entry until all are acknowledged, and until the writer is closed, sidecar included.
fn appends(log: &Path, durability: Durability, count: u32, bytes: usize) -> Outcome<(f64, f64)> {
    let writer = open(log, durability)?;
    let entry = entry(bytes);
    let start = Instant::now();
    for _ in 0..count {
        writer.append(&entry, Parent::Leaf)?;
    }
    let acknowledged = start.elapsed().as_secs_f64();
    let closed = writer.close()?;
    let all = start.elapsed().as_secs_f64();
    anyhow::ensure!(closed.sidecar_lags.is_none(), "the sidecar lags: {closed:?}");
    Ok((acknowledged / f64::from(count), all / f64::from(count)))
}

/// Entries per second that this many threads append through one writer.
fn rate(log: &Path, threads: u32, count: u32) -> Outcome<f64> {
    let writer = open(log, Durability::Strict)?;
    let entry = entry(2000);
    let seconds = timed(|| {
        std::thread::scope(|scope| {
            let append = || (0..count).try_for_each(|_| writer.append(&entry, Parent::Leaf).map(drop));
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(append)).collect();
            threads
                .into_iter()
                .try_for_each(|thread| Ok(thread.join().map_err(|_| anyhow::anyhow!("a writer failed"))??))
        })
    })?;
    writer.close()?;
    Ok(f64::from(threads * count) / seconds)
}
