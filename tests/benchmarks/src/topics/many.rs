//! Many small logs: the first migrate builds all their sidecars, and the second finds nothing to do.

use super::Topic;
use crate::lab::Lab;
use crate::record::{Row, Target, Unit};
use crate::turns::{in_turns, timed};
use crate::{Outcome, floors, process};
use anyhow::Context;
use jcode_session_tests::generate::{LargeLog, Until};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

pub const TOPIC: Topic = Topic {
    name: "many",
    title: "10,000 logs of 10 KB",
    about: "`migrate` of the folder, as a process. The floor of the run that finds nothing to do: read_dir, a stat and one small read of each log.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    let (count, rounds) = (lab.pick(10_000, 100), lab.rounds(3));
    // Each round has its own folders, and none is removed before the end: after the removal of 10,000 files, some file
    // systems (ext4 without a journal) take long to find an inode for each new file.
    let folders = |name: &str| (0..=rounds).map(|round| lab.folder(&format!("{name}-{round}"))).collect();
    let (fresh, copies): (Outcome<Vec<PathBuf>>, Outcome<Vec<PathBuf>>) = (folders("many"), folders("copies"));
    let (fresh, copies) = (fresh?, copies?);
    for folder in &fresh {
        generate(folder, count)?;
    }
    lab.settle();
    let folder = fresh.first().context("a round")?;
    let logs: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Outcome<_>>()?;
    let (mut first, mut into) = (fresh.iter(), copies.iter());
    let [mut ours, mut floor] = in_turns(
        rounds,
        [&mut || process::time(lab.command(["migrate"]).arg(first.next().context("a folder a round")?)), &mut || {
            floors::copy_and_sync(&logs, into.next().context("a folder a round")?)
        }],
    )?;
    for figure in [&mut ours, &mut floor] {
        figure.0.iter_mut().for_each(|seconds| *seconds /= count as f64);
    }
    lab.add(
        Row::new("first run, for each log", Unit::Seconds, ours)
            .floor("copy and sync", floor)
            .target(Target::MostTimes(1.0)),
    );
    lab.settle();
    let again = || process::time(lab.command(["migrate"]).arg(folder));
    let [ours, floor] = in_turns(
        lab.rounds(11),
        [&mut || again(), &mut || timed(|| floors::read_dir_stat_and_read(folder, ".jsonl"))],
    )?;
    lab.add(
        Row::new("second run, all logs", Unit::Seconds, ours)
            .floor("read_dir, stat, read", floor)
            .target(Target::MostTimes(3.0)),
    );
    Ok(())
}

fn generate(folder: &Path, count: u64) -> Outcome<()> {
    for seed in 0..count {
        let log = LargeLog { until: Until::Bytes(9_000), seed, ..LargeLog::default() };
        log.write(File::create(folder.join(format!("{}.jsonl", log.session_id())))?)?;
    }
    Ok(())
}
