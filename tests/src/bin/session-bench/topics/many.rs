//! Many small logs: migrate builds all their sidecars, and then finds nothing to do.

use super::Topic;
use crate::lab::Lab;
use crate::record::{Row, Target, Unit};
use crate::turns::{in_turns, timed};
use crate::{Outcome, floors, process};
use jcode_session_tests::generate::{LargeLog, Until};
use std::fs::{self, File};
use std::path::Path;

pub const TOPIC: Topic = Topic {
    name: "many",
    title: "10,000 logs of 10 KB",
    about: "`migrate` of the folder, as a process. The floor of the run that finds nothing to do: read_dir, a stat and one small read of each log.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    let count = lab.pick(10_000, 100);
    let folder = lab.folder("many")?;
    for seed in 0..count {
        let log = LargeLog { until: Until::Bytes(9_000), seed, ..LargeLog::default() };
        log.write(File::create(folder.join(format!("{}.jsonl", log.session_id())))?)?;
    }
    lab.settle();
    let copy = lab.folder("copies")?;
    let logs: Vec<_> = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Outcome<_>>()?;
    let first = || -> Outcome<f64> {
        remove_sidecars(&folder)?;
        process::time(lab.command(["migrate"]).arg(&folder))
    };
    let copies = || -> Outcome<f64> {
        let seconds = floors::copy_and_sync(&logs, &copy)?;
        logs.iter().try_for_each(|log| fs::remove_file(copy.join(log.file_name().unwrap_or_default())))?;
        Ok(seconds)
    };
    let [mut ours, mut floor] = in_turns(lab.rounds(3), [&mut || first(), &mut || copies()])?;
    for figure in [&mut ours, &mut floor] {
        figure.0.iter_mut().for_each(|seconds| *seconds /= count as f64);
    }
    lab.add(
        Row::new("first run, for each log", Unit::Seconds, ours)
            .floor("copy and sync", floor)
            .target(Target::Most(1e-3)),
    );
    lab.settle();
    let again = || process::time(lab.command(["migrate"]).arg(&folder));
    let [ours, floor] = in_turns(
        lab.rounds(11),
        [&mut || again(), &mut || timed(|| floors::read_dir_stat_and_read(&folder, ".jsonl"))],
    )?;
    lab.add(
        Row::new("second run, all logs", Unit::Seconds, ours)
            .floor("read_dir, stat, read", floor)
            .target(Target::MostTimes(3.0)),
    );
    fs::remove_dir_all(folder)?;
    Ok(())
}

fn remove_sidecars(folder: &Path) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sqlite3") {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
