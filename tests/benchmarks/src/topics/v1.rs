//! jcode's own v1 sessions: migrating many, resuming a large one.

use super::Topic;
use crate::lab::Lab;
use crate::record::{Row, Target, Unit};
use crate::turns::{in_turns, timed, timed_each};
use crate::{Outcome, floors, process};
use jcode_session_native::session::Session;
use jcode_session_tests::jcode_model::{write_large_v1, write_v1_home};
use std::fs;
use std::path::{Path, PathBuf};

pub const TOPIC: Topic = Topic {
    name: "v1",
    title: "jcode v1 sessions",
    about: "Snapshots with journals. `migrate` writes the logs, verifies them, builds the sidecars and syncs each; the floor copies the same files with a sync each, on two threads. The peer of a resume is what jcode does: parse snapshot and journal into values.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    let folder = lab.folder("v1")?;
    let (sessions, bytes) = lab.pick((300, 316_000_000), (5, 1_000_000));
    write_v1_home(&folder, sessions, bytes, 1)?;
    let files: Vec<PathBuf> = fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<Outcome<_>>()?;
    lab.settle();
    let copies = lab.folder("v1-copies")?;
    let ours = || -> Outcome<f64> {
        only(&folder, &files)?;
        process::time(lab.command(["migrate"]).arg(&folder))
    };
    let floor = || -> Outcome<f64> {
        only(&copies, &[])?;
        floors::copy_and_sync(&files, &copies)
    };
    let [ours, floor] = in_turns(lab.rounds(4), [&mut || ours(), &mut || floor()])?;
    lab.add(
        Row::new("`migrate` of 300 sessions, 316 MB", Unit::Seconds, ours)
            .floor("copy and sync", floor)
            .target(Target::MostTimes(1.5)),
    );
    fs::remove_dir_all(folder)?;
    fs::remove_dir_all(copies)?;
    resume(lab)
}

fn resume(lab: &mut Lab) -> Outcome<()> {
    let folder = lab.folder("v1-large")?;
    write_large_v1(&folder, "session_large", lab.pick(300_000_000, 1_000_000), 1)?;
    let (snapshot, journal) = (folder.join("session_large.json"), folder.join("session_large.journal.jsonl"));
    process::time(lab.command(["migrate"]).arg(&folder))?;
    let log = folder.join("session_large.jsonl");
    let ours = || timed_each(20, || Ok(Session::open(&log)?.0.resume(50)?));
    let theirs = || {
        timed(|| {
            let whole: serde_json::Value = serde_json::from_slice(&fs::read(&snapshot)?)?;
            floors::full_parse(&journal)?;
            Ok(whole)
        })
    };
    let [ours, theirs] = in_turns(lab.rounds(3), [&mut || ours(), &mut || theirs()])?;
    lab.add(
        Row::new("resume of a migrated session of 300 MB, library", Unit::Seconds, ours)
            .peer("parse of the v1 files", theirs)
            .target(Target::Most(5e-3)),
    );
    Ok(())
}

/// Removes all files from a folder except these.
fn only(folder: &Path, files: &[PathBuf]) -> Outcome<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            fs::remove_dir_all(path)?;
        } else if !files.contains(&path) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
