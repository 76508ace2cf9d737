//! Searches over a home, without the search index and with it.

use super::Topic;
use crate::lab::Lab;
use crate::record::{Row, Target, Unit};
use crate::turns::{in_turns, timed};
use crate::{Outcome, floors};
use jcode_session_core::search::{Case, Filter, Query, Search as Entries};
use jcode_session_native::catalog::Catalog;
use jcode_session_native::search::{Order, Scope, Search, Searched, index};
use jcode_session_tests::generate::Home;
use std::ops::ControlFlow;
use std::time::Instant;

pub const TOPIC: Topic = Topic {
    name: "search",
    title: "Search",
    about: "3,400 sessions in 1 GB, one in a hundred of which holds 82 % of the bytes; warm; without the search index where it is not named. The floor is memmem over the mapped logs on all cores, which finds raw bytes and knows no entries; ripgrep takes about twice that.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    let home = lab.folder("searched")?;
    let sessions = home.join("sessions");
    let logs = Home::skewed(lab.pick(3_400, 30)).write(&sessions)?;
    lab.settle();
    let catalog = Catalog::new(&home, std::slice::from_ref(&sessions));
    let count = |words: &[&str]| timed(|| run(&catalog, words, Some(0), &mut || {}));
    let floor = |word: &str| timed(|| floors::find_raw(&logs, word));
    let total = |lab: &mut Lab, what: &str, words: &[&str], times: f64| -> Outcome<()> {
        let found = run(&catalog, words, Some(0), &mut || {})?.total;
        let rarest = words.last().copied().unwrap_or_default();
        let [ours, floor] = in_turns(lab.rounds(9), [&mut || count(words), &mut || floor(rarest)])?;
        let row = Row::new(format!("exact total of {what}: {found}"), Unit::Seconds, ours);
        lab.add(row.floor("memmem", floor).target(Target::MostTimes(times)));
        Ok(())
    };
    total(lab, "a text that is nowhere", &["Not_in_any_Log"], 4.0)?;
    total(lab, "the same in any case", &["not_in_any_log"], 8.0)?;
    total(lab, "a word of many entries", &["the"], 12.0)?;
    let [first] = in_turns(lab.rounds(9), [&mut || first_hits(&catalog, "the")])?;
    lab.add(Row::new("the first 20 hits of it, newest first", Unit::Seconds, first).target(Target::Most(30e-3)));
    let bytes: u64 = logs.iter().map(|log| Ok(std::fs::metadata(log)?.len())).sum::<Outcome<_>>()?;
    let mut size = 0;
    let mut build = || {
        let _ = std::fs::remove_dir_all(index::folder(&home));
        timed(|| {
            size = index::update(&home, &catalog, &|| true)?.bytes;
            Ok(())
        })
    };
    let [built] = in_turns(1, [&mut build])?;
    let part = size as f64 / bytes as f64 * 100.0;
    lab.add(Row::new(format!("the search index of all of it, {part:.1} % of their bytes"), Unit::Seconds, built));
    for (what, word) in [
        ("a text that is nowhere", "Not_in_any_Log"),
        ("the same in any case", "not_in_any_log"),
        ("a word of many entries", "the"),
    ] {
        let found = run(&catalog, &[word], Some(0), &mut || {})?.total;
        let [ours, floor] = in_turns(lab.rounds(9), [&mut || count(&[word]), &mut || floor(word)])?;
        let row = Row::new(format!("with the index, exact total of {what}: {found}"), Unit::Seconds, ours);
        lab.add(row.floor("memmem", floor));
    }
    Ok(())
}

fn run(catalog: &Catalog, words: &[&str], limit: Option<usize>, hit: &mut dyn FnMut()) -> Outcome<Searched> {
    let entries = Entries::new(Query::literals(words, Case::Smart)?, Filter::default());
    let search = Search { entries, scope: Scope::default(), order: Order::Streamed, limit };
    Ok(search.run(catalog, &|| false, &mut |_| {
        hit();
        ControlFlow::Continue(())
    })?)
}

/// Seconds until the twentieth hit is reported.
fn first_hits(catalog: &Catalog, word: &str) -> Outcome<f64> {
    let start = Instant::now();
    let (mut hits, mut seconds) = (0, 0.0);
    run(catalog, &[word], Some(20), &mut || {
        hits += 1;
        seconds = start.elapsed().as_secs_f64();
    })?;
    anyhow::ensure!(hits == 20, "{hits} hits");
    Ok(seconds)
}
