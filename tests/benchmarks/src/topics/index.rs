//! Cold index, catch-up and verification of a large log, and the size of the sidecar.

use super::Topic;
use crate::lab::{Lab, build_sidecar};
use crate::record::{Figure, Row, Target, Unit};
use crate::turns::{in_turns, timed};
use crate::{Outcome, floors, process};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::os::paths;
use jcode_session_tests::generate::{LogShape, tree_v3};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;

pub const TOPIC: Topic = Topic {
    name: "index",
    title: "Cold index and verification",
    about: "A log of 1.1 GB and 400,000 entries, page cache warm, without a sidecar before each build: taking an old one off the disk is not part of it. The bulk insert stores the same rows with the same columns, keys and page size, on one thread, without syncs; the JSON pass is serde_json's `IgnoredAny` over every line, on one thread; the walk is the engine's own reading of every line, of which nothing is made.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    let log = lab.large()?.to_path_buf();
    let sidecar = paths::sidecar(&log);
    let rows = floors::rows_of(&sidecar)?;
    let bare = lab.folder("bare")?.join("bare.sqlite3");
    let [ours, process, insert, json, newlines, walk] = in_turns(
        lab.rounds(7),
        [
            &mut || {
                fs::remove_file(&sidecar)?;
                timed(|| build_sidecar(&log))
            },
            &mut || {
                fs::remove_file(&sidecar)?;
                process::time(lab.command(["migrate"]).arg(&log))
            },
            &mut || floors::bulk_insert(&bare, &rows),
            &mut || floors::json_pass(&log),
            &mut || floors::newline_scan(&log),
            &mut || floors::walk_on_all_cores(&log),
        ],
    )?;
    for (name, floor, target) in [
        ("bulk insert", &insert, Some(Target::MostTimes(0.85))),
        ("walk on all cores", &walk, Some(Target::MostTimes(1.5))),
        ("JSON pass", &json, None),
        ("newline scan", &newlines, None),
    ] {
        let mut row = Row::new("cold index, library", Unit::Seconds, ours.clone()).floor(name, floor.clone());
        row.target = target;
        lab.add(row);
    }
    lab.add(Row::new("`migrate`, process", Unit::Seconds, process).floor("bulk insert", insert));
    let ours = || {
        timed(|| {
            let report = verify(&log, &mut |_| ControlFlow::Continue(()))?;
            anyhow::ensure!(report.ok && report.sidecar == "fresh", "{report:?}");
            Ok(())
        })
    };
    let [ours, process, json] = in_turns(
        lab.rounds(5),
        [&mut || ours(), &mut || process::time(lab.command(["verify"]).arg(&log)), &mut || floors::json_pass(&log)],
    )?;
    lab.add(
        Row::new("verify log and sidecar, library", Unit::Seconds, ours)
            .floor("JSON pass", json.clone())
            .target(Target::MostTimes(0.6)),
    );
    lab.add(Row::new("`verify`, process", Unit::Seconds, process).floor("JSON pass", json));
    scale(lab, &log)?;
    weigh(lab, &log, rows.len())
}

/// What another core brings: the same process held to one core, which has the whole work to do.
fn scale(lab: &mut Lab, log: &Path) -> Outcome<()> {
    if Command::new("taskset").arg("--version").output().is_err() {
        lab.skip("what another core brings: there is no `taskset`");
        return Ok(());
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let program = lab.command(["verify"]);
    let one = || {
        let mut command = Command::new("taskset");
        command.args(["-c", "0"]).arg(program.get_program()).args(["verify"]).arg(log);
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        Ok(process::time(&mut command)? / cores as f64)
    };
    let all = || process::time(lab.command(["verify"]).arg(log));
    let [all, one] = in_turns(lab.rounds(5), [&mut || all(), &mut || one()])?;
    let what = format!("`verify`, process, on {cores} cores");
    let row = Row::new(what, Unit::Seconds, all).floor("its share of one core's time", one);
    // 85 % of each core.
    lab.add(row.target(Target::MostTimes(1.18)));
    Ok(())
}

fn weigh(lab: &mut Lab, log: &Path, entries: usize) -> Outcome<()> {
    let bytes = fs::metadata(paths::sidecar(log))?.len() as f64;
    lab.add(
        Row::new("sidecar, for each of 400,000 entries", Unit::Bytes, Figure(vec![bytes / entries as f64]))
            .target(Target::Most(190.0)),
    );
    let small = lab.folder("small")?.join("log.jsonl");
    fs::write(&small, tree_v3(LogShape { entries: 10, ..LogShape::default() }, 1))?;
    build_sidecar(&small)?;
    let bytes = fs::metadata(paths::sidecar(&small))?.len() as f64;
    lab.add(Row::new("sidecar of 10 entries", Unit::Bytes, Figure(vec![bytes])).target(Target::Most(8192.0)));
    Ok(())
}
