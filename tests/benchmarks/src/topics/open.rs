//! Opening a session whose sidecar is fresh: its last page, its tree.

use super::Topic;
use crate::lab::{Lab, build_sidecar};
use crate::record::{Row, Target, Unit};
use crate::turns::{in_turns, timed_each};
use crate::{Outcome, floors, process};
use jcode_session_native::os::paths;
use jcode_session_native::session::Session;
use jcode_session_tests::generate::{LargeLog, Until};
use std::path::Path;
use std::process::Command;

pub const TOPIC: Topic = Topic {
    name: "open",
    title: "Open, last page, tree",
    about: "A log with a fresh sidecar. The floors: opening a SQLite file and reading 50 rows; a process that does nothing.",
    measure,
};

const EACH: u32 = 20;

fn measure(lab: &mut Lab) -> Outcome<()> {
    let shape = LargeLog { until: Until::Bytes(lab.pick(10_000_000, 500_000)), ..LargeLog::default() };
    let small = lab.log("ten", shape)?;
    build_sidecar(&small)?;
    let large = lab.large()?.to_path_buf();
    for (size, log) in [("10 MB", &small), ("1.1 GB", &large)] {
        in_library(lab, size, log)?;
        as_process(lab, &format!("`show --tail 50`, process, {size}"), log, &["show", "--tail", "50", "--json"], 6e-3)?;
    }
    let tree = || timed_each(EACH / 4, || Ok(Session::open(&large)?.0.tree()?));
    let [ours, floor] = in_turns(lab.rounds(9), [&mut || tree(), &mut || floor(&large)])?;
    lab.add(
        Row::new("tree of 400,000 entries, 1,000 branches, library", Unit::Seconds, ours)
            .floor("50 rows", floor)
            .target(Target::Most(10e-3)),
    );
    let what = "`tree --json`, process, 400,000 entries, 1,000 branches";
    let mut row = process_row(lab, what, &large, &["tree", "--json"])?;
    row.target = None;
    lab.add(row);
    Ok(())
}

fn floor(log: &Path) -> Outcome<f64> {
    let sidecar = paths::sidecar(log);
    timed_each(EACH, || floors::fifty_rows(&sidecar))
}

fn in_library(lab: &mut Lab, size: &str, log: &Path) -> Outcome<()> {
    let open = || timed_each(EACH, || Ok(Session::open(log)?.0.tail(50)?));
    let resume = || timed_each(EACH, || Ok(Session::open(log)?.0.resume(50)?));
    let [open, resume, floor] = in_turns(lab.rounds(15), [&mut || open(), &mut || resume(), &mut || floor(log)])?;
    lab.add(
        Row::new(format!("open and last 50 entries, library, {size}"), Unit::Seconds, open)
            .floor("50 rows", floor.clone())
            .target(Target::Most(2e-3)),
    );
    lab.add(
        Row::new(format!("open and resume with 50 entries, library, {size}"), Unit::Seconds, resume)
            .floor("50 rows", floor),
    );
    Ok(())
}

fn as_process(lab: &mut Lab, what: &str, log: &Path, arguments: &[&str], most: f64) -> Outcome<()> {
    let row = process_row(lab, what, log, arguments)?;
    lab.add(row.target(Target::Most(most)));
    Ok(())
}

fn process_row(lab: &Lab, what: &str, log: &Path, arguments: &[&str]) -> Outcome<Row> {
    let [command, rest @ ..] = arguments else { anyhow::bail!("a command has a name") };
    let mut ours = || {
        let mut command = lab.command([command]);
        process::time(command.arg(log).args(rest))
    };
    let mut nothing = || process::time(&mut Command::new("true"));
    let [ours, floor] = in_turns(lab.rounds(25), [&mut ours, &mut nothing])?;
    Ok(Row::new(what, Unit::Seconds, ours).floor("`true`", floor))
}
