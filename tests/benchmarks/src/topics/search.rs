//! Searches over a home, without the search index and with it.

use super::Topic;
use crate::lab::{Lab, build_sidecar};
use crate::record::{Figure, Row, Target, Unit};
use crate::turns::{in_turns, timed};
use crate::{Outcome, floors, process};
use jcode_session_core::search::{Case, Filter, Query, Search as Entries};
use jcode_session_core::write::Parent;
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::search::{Order, Scope, Search, Searched, index};
use jcode_session_native::writer::{Writer, WriterOptions};
use jcode_session_tests::generate::Home;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

pub const TOPIC: Topic = Topic {
    name: "search",
    title: "Search",
    about: "3,400 sessions in 1 GB, one in a hundred of which holds 82 % of the bytes, with their sidecars; warm, where nothing else is said. The floor is memmem over the mapped logs on all cores, which finds raw bytes and knows no entries; the peer, where it is installed, is `ripgrep -F --count-matches`, which is a process of its own and counts raw bytes too.",
    measure,
};

/// Some texts to search for: what each is, and it.
const TEXTS: [(&str, &str); 5] = [
    ("a text that is nowhere", "Not_in_any_Log"),
    ("the same in any case", "not_in_any_log"),
    ("a rare identifier", PLANTED),
    ("a part of it", "TerminalPath9"),
    ("a word of many entries", "the"),
];

/// Stands in three sessions.
const PLANTED: &str = "resolveTerminalPath9b1";

fn measure(lab: &mut Lab) -> Outcome<()> {
    let home = SearchedHome::new(lab, lab.pick(3_400, 30))?;
    for ((what, word), most) in TEXTS.into_iter().zip([4.0, 8.0, 4.0, 4.0, 12.0]) {
        home.compare(lab, "", what, word, Some(Target::MostTimes(most)))?;
    }
    let [first] = in_turns(lab.rounds(9), [&mut || home.first_hits("the")])?;
    lab.add(Row::new("the first 20 hits of it, newest first", Unit::Seconds, first).target(Target::Most(30e-3)));
    home.build_index(lab)?;
    for (what, word) in TEXTS {
        let target = (word == PLANTED).then_some(Target::Most(2e-3));
        home.compare(lab, "with the index, ", what, word, target)?;
    }
    home.read_cold(lab)?;
    home.append(lab)
}

/// A home that is searched.
struct SearchedHome {
    home: PathBuf,
    logs: Vec<PathBuf>,
    catalog: Catalog,
}

impl SearchedHome {
    fn new(lab: &Lab, sessions: u64) -> Outcome<Self> {
        let home = lab.folder("searched")?;
        let folder = home.join("sessions");
        let logs = Home::skewed(sessions).write(&folder)?;
        for log in logs.iter().step_by(logs.len().div_ceil(3)) {
            append_text(log, &format!("call {PLANTED}(path) here"))?;
        }
        logs.iter().try_for_each(|log| build_sidecar(log))?;
        lab.settle();
        let catalog = Catalog::new(&home, std::slice::from_ref(&folder));
        // Rows of sessions that were just written are not believed, and all searches list the sessions first.
        while catalog.refresh(Keep::Store).stale_rows > 0 {}
        Ok(Self { home, logs, catalog })
    }

    fn count(&self, word: &str) -> Outcome<f64> {
        timed(|| self.run(word, Some(0), &mut || {}))
    }

    /// Exact totals, beside the floor and the peer.
    fn compare(&self, lab: &mut Lab, how: &str, what: &str, word: &str, target: Option<Target>) -> Outcome<()> {
        let found = self.run(word, Some(0), &mut || {})?.total;
        let is_any_case = word.chars().all(|c| !c.is_uppercase());
        let rounds = lab.rounds(9);
        let [ours, floor] =
            in_turns(rounds, [&mut || self.count(word), &mut || timed(|| floors::find_raw(&self.logs, word))])?;
        let mut row =
            Row::new(format!("{how}exact total of {what}: {found}"), Unit::Seconds, ours).floor("memmem", floor);
        row.target = target;
        if has_ripgrep() {
            let [peer] = in_turns(rounds, [&mut || ripgrep(&self.home.join("sessions"), word, is_any_case)])?;
            row = row.peer("ripgrep", peer);
        }
        lab.add(row);
        Ok(())
    }

    fn build_index(&self, lab: &mut Lab) -> Outcome<()> {
        let bytes: u64 = self.logs.iter().map(|log| Ok(std::fs::metadata(log)?.len())).sum::<Outcome<_>>()?;
        let mut size = 0;
        let mut build = || {
            let _ = std::fs::remove_dir_all(index::folder(&self.home));
            timed(|| {
                size = index::update(&self.home, &self.catalog, &|| true)?.bytes;
                Ok(())
            })
        };
        let floor = || timed(|| floors::find_raw(&self.logs, "Not_in_any_Log"));
        let [built, floor] = in_turns(lab.rounds(3), [&mut build, &mut || floor()])?;
        let share = Figure(vec![size as f64 / bytes as f64]);
        lab.add(Row::new("the search index of all of it", Unit::Seconds, built).floor("memmem", floor));
        lab.add(Row::new("its size, as a part of the logs", Unit::Share, share).target(Target::Most(0.035)));
        Ok(())
    }

    /// What a search of a rare text reads from the disk where nothing of the logs is in memory.
    fn read_cold(&self, lab: &mut Lab) -> Outcome<()> {
        let bytes: u64 = self.logs.iter().map(|log| Ok(std::fs::metadata(log)?.len())).sum::<Outcome<_>>()?;
        let mut shares = Vec::new();
        for _ in 0..lab.rounds(3) {
            if !process::forget_files() {
                lab.skip("what a search reads from the disk: only the superuser may empty the page cache");
                return Ok(());
            }
            let before = process::read_from_disk()?;
            self.run(PLANTED, Some(0), &mut || {})?;
            shares.push((process::read_from_disk()? - before) as f64 / bytes as f64);
        }
        let row = Row::new(
            "with the index and no log in memory: what a rare identifier reads, of the logs",
            Unit::Share,
            Figure(shares),
        );
        lab.add(row.target(Target::Most(0.05)));
        Ok(())
    }

    /// An append where a search index is kept up to date when the writer closes, beside one where it is not.
    fn append(&self, lab: &mut Lab) -> Outcome<()> {
        let log = self.logs.first().ok_or_else(|| anyhow::anyhow!("no logs"))?;
        let one = |listed: bool| {
            let mut writer = Writer::open(log, &WriterOptions::default())?;
            if listed {
                writer.list_in(&self.home, log);
            }
            let appended = timed(|| Ok(writer.append(entry("one more").as_bytes(), Parent::Leaf)?));
            writer.close()?;
            appended
        };
        let [with, without] = in_turns(lab.rounds(9), [&mut || one(true), &mut || one(false)])?;
        lab.add(
            Row::new("an append to a session that is indexed", Unit::Seconds, with)
                .floor("to one that is not", without),
        );
        Ok(())
    }

    /// Seconds until the twentieth hit is reported.
    fn first_hits(&self, word: &str) -> Outcome<f64> {
        let start = Instant::now();
        let (mut hits, mut seconds) = (0, 0.0);
        self.run(word, Some(20), &mut || {
            hits += 1;
            seconds = start.elapsed().as_secs_f64();
        })?;
        anyhow::ensure!(hits == 20, "{hits} hits");
        Ok(seconds)
    }

    fn run(&self, word: &str, limit: Option<usize>, hit: &mut dyn FnMut()) -> Outcome<Searched> {
        let entries = Entries::new(Query::literals(&[word], Case::Smart)?, Filter::default());
        let search = Search { entries, scope: Scope::default(), order: Order::Streamed, limit };
        Ok(search.run(&self.catalog, &|| false, &mut |_| {
            hit();
            ControlFlow::Continue(())
        })?)
    }
}

fn append_text(log: &Path, text: &str) -> Outcome<()> {
    let writer = Writer::open(log, &WriterOptions::default())?;
    writer.append(entry(text).as_bytes(), Parent::Leaf)?;
    writer.close()?;
    Ok(())
}

fn entry(text: &str) -> String {
    serde_json::json!({"type": "message", "message": {"role": "user", "content": text}}).to_string()
}

fn has_ripgrep() -> bool {
    Command::new("rg").arg("--version").output().is_ok()
}

/// Seconds of the whole process.
fn ripgrep(folder: &Path, word: &str, is_any_case: bool) -> Outcome<f64> {
    let mut command = Command::new("rg");
    command.args(["--fixed-strings", "--count-matches", "--no-filename", "--no-ignore", "--hidden"]);
    if is_any_case {
        command.arg("--ignore-case");
    }
    command.arg(word).arg(folder);
    // Without a match it exits with 1.
    timed(|| Ok(command.output()?))
}

/// Seconds of a rare and of a common text, without the index and with it, over a home of so many sessions, and its bytes.
pub fn costs(lab: &Lab, sessions: u64) -> Outcome<(f64, [f64; 4])> {
    let home = SearchedHome::new(lab, sessions)?;
    let bytes: u64 = home.logs.iter().map(|log| Ok(std::fs::metadata(log)?.len())).sum::<Outcome<_>>()?;
    let middle = |word: &str| -> Outcome<f64> {
        let values: Outcome<Vec<f64>> = (0..lab.rounds(5)).map(|_| home.count(word)).collect();
        Ok(Figure(values?).median())
    };
    let scanned = [middle(PLANTED)?, middle("the")?];
    index::update(&home.home, &home.catalog, &|| true)?;
    let [rare, common] = scanned;
    Ok((bytes as f64, [rare, common, middle(PLANTED)?, middle("the")?]))
}
