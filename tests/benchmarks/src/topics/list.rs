//! Lists of sessions: from the index, checked against the folder, and built for the first time.

use super::Topic;
use crate::lab::Lab;
use crate::peer;
use crate::record::{Row, Target, Unit};
use crate::turns::{in_turns, timed, timed_each};
use crate::{Outcome, floors, process};
use anyhow::Context;
use jcode_session_native::catalog::{Catalog, Keep, file_path};
use jcode_session_tests::generate::{Home, LargeLog, LogShape, Until, tree_v3};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

pub const TOPIC: Topic = Topic {
    name: "list",
    title: "Lists",
    about: "Logs of 10 KB without sidecars, nothing changed since the last list unless it says so. The floor is read_dir and a stat of each log.",
    measure,
};

/// A home, its sessions folder and a catalog of them.
struct Listing {
    home: PathBuf,
    sessions: PathBuf,
    catalog: Catalog,
    count: u64,
}

impl Listing {
    fn new(lab: &Lab, name: &str, count: u64, bytes: u64) -> Outcome<Self> {
        let home = lab.folder(name)?;
        let sessions = home.join("sessions");
        fs::create_dir(&sessions)?;
        for seed in 0..count {
            let log = LargeLog { until: Until::Bytes(bytes), project: seed % 40, seed, ..LargeLog::default() };
            log.write(File::create(sessions.join(format!("{}.jsonl", log.session_id())))?)?;
        }
        let listing = Self::of(home, sessions, count);
        lab.settle();
        // Rows of files that were just written are not believed, so read until all rows are.
        while listing.catalog.refresh(Keep::Store).stale_rows > 0 {}
        Ok(listing)
    }

    fn of(home: PathBuf, sessions: PathBuf, count: u64) -> Self {
        let catalog = Catalog::new(&home, std::slice::from_ref(&sessions));
        Self { home, sessions, catalog, count }
    }

    fn complete(&self) -> Outcome<f64> {
        timed(|| {
            let found = self.catalog.refresh(Keep::Store).sessions.len() as u64;
            anyhow::ensure!(found == self.count, "{found} of {} sessions", self.count);
            Ok(())
        })
    }

    fn page(&self, limit: u64) -> Outcome<f64> {
        timed_each(if limit < 100 { 20 } else { 1 }, || {
            let found = self.catalog.first_page(usize::try_from(limit)?).len() as u64;
            anyhow::ensure!(found == limit.min(self.count), "{found} sessions");
            Ok(())
        })
    }

    fn floor(&self) -> Outcome<f64> {
        timed(|| floors::read_dir_and_stat(&self.sessions, ".jsonl"))
    }
}

fn measure(lab: &mut Lab) -> Outcome<()> {
    let listing = Listing::new(lab, "home", lab.pick(10_000, 100), 9_000)?;
    unchanged(lab, &listing)?;
    some_changed(lab, &listing)?;
    peer(lab, &listing)?;
    let few = in_turns(lab.rounds(5), [&mut || listing.complete()])?;
    fs::remove_dir_all(&listing.home)?;
    let many = Listing::new(lab, "large-home", lab.pick(100_000, 500), 2_000)?;
    let [page, complete, floor] =
        in_turns(lab.rounds(5), [&mut || many.page(50), &mut || many.complete(), &mut || many.floor()])?;
    lab.add(Row::new("first page of 50, of 100,000", Unit::Seconds, page).target(Target::Most(5e-3)));
    lab.add(Row::new("complete list of 100,000", Unit::Seconds, complete.clone()).floor("read_dir, stat", floor));
    let each = |mut figure: crate::record::Figure, count: u64| {
        figure.0.iter_mut().for_each(|seconds| *seconds /= count as f64);
        figure
    };
    let [few] = few;
    lab.add(
        Row::new("complete list of 100,000, for each session", Unit::Seconds, each(complete, many.count))
            .floor("10,000", each(few, listing.count))
            .target(Target::MostTimes(1.25)),
    );
    fs::remove_dir_all(&many.home)?;
    first_build(lab)
}

fn unchanged(lab: &mut Lab, listing: &Listing) -> Outcome<()> {
    let list = || {
        let mut command = lab.command(["list", "--json", "--sessions-dir"]);
        process::time(command.arg(&listing.sessions).env("JCODE_HOME", &listing.home))
    };
    let [complete, page, all, process, floor] = in_turns(
        lab.rounds(15),
        [
            &mut || listing.complete(),
            &mut || listing.page(50),
            &mut || listing.page(listing.count),
            &mut || list(),
            &mut || listing.floor(),
        ],
    )?;
    let row = |what, figure| Row::new(what, Unit::Seconds, figure).floor("read_dir, stat", floor.clone());
    lab.add(row("complete list of 10,000, library", complete).target(Target::MostTimes(2.0)));
    lab.add(row("`list --json` of 10,000, process", process));
    lab.add(Row::new("first page of 50, of 10,000", Unit::Seconds, page).target(Target::Most(3e-3)));
    lab.add(Row::new("all 10,000 rows", Unit::Seconds, all).target(Target::Most(8e-3)));
    Ok(())
}

/// Changes many sessions at once, because a single one is lost in the noise of a list.
fn some_changed(lab: &mut Lab, listing: &Listing) -> Outcome<()> {
    let some = lab.pick(100, 10);
    let logs: Vec<PathBuf> =
        fs::read_dir(&listing.sessions)?.take(some).map(|entry| Ok(entry?.path())).collect::<Outcome<_>>()?;
    let entry = tree_v3(LogShape { entries: 1, ..LogShape::default() }, 7);
    let entry = entry.split_inclusive(|&byte| byte == b'\n').nth(1).context("an entry")?.to_vec();
    let changed = || {
        logs.iter().try_for_each(|log| OpenOptions::new().append(true).open(log)?.write_all(&entry))?;
        listing.complete()
    };
    let same = || {
        // Until the rows of the changed files are believed.
        while listing.catalog.refresh(Keep::Store).stale_rows > 0 {}
        listing.complete()
    };
    let [changed, same] = in_turns(lab.rounds(9), [&mut || changed(), &mut || same()])?;
    let mut each = changed.above(&same);
    each.0.iter_mut().for_each(|seconds| *seconds /= some as f64);
    lab.add(
        Row::new("a changed session of 10,000, on top (100 of them, divided)", Unit::Seconds, each)
            .target(Target::Most(1e-3)),
    );
    Ok(())
}

fn peer(lab: &mut Lab, listing: &Listing) -> Outcome<()> {
    let why = match &lab.pi {
        Ok(pi) => {
            let turns: [&mut dyn FnMut() -> Outcome<f64>; 2] =
                [&mut || listing.complete(), &mut || pi.seconds("list", &listing.sessions)];
            let [ours, theirs] = in_turns(lab.rounds(1), turns)?;
            lab.add(Row::new("complete list of 10,000", Unit::Seconds, ours).peer(peer::name(), theirs));
            return Ok(());
        }
        Err(why) => why.clone(),
    };
    lab.skip(why);
    Ok(())
}

fn first_build(lab: &mut Lab) -> Outcome<()> {
    let home = lab.folder("skewed")?;
    let sessions = home.join("sessions");
    let skewed = Home::skewed(lab.pick(10_000, 100));
    skewed.write(&sessions)?;
    lab.settle();
    let listing = Listing::of(home, sessions, skewed.sessions);
    let first = || -> Outcome<f64> {
        remove_index(&listing.home)?;
        listing.complete()
    };
    let [ours, floor] = in_turns(lab.rounds(3), [&mut || first(), &mut || listing.floor()])?;
    lab.add(
        Row::new("first list of a home of 10,000 sessions in 3 GB", Unit::Seconds, ours)
            .floor("read_dir, stat", floor)
            .target(Target::Most(10.0)),
    );
    fs::remove_dir_all(&listing.home)?;
    Ok(())
}

fn remove_index(home: &Path) -> Outcome<()> {
    let folder = file_path(home).parent().context("the index lies in a folder")?.to_path_buf();
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}
