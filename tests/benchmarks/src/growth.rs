//! Growth: the cost of each main operation at four sizes.
//!
//! Owns: the sizes and the operations.

use crate::Outcome;
use crate::lab::{Lab, build_sidecar};
use crate::record::{Chart, Curve, Figure};
use crate::topics::search;
use crate::turns::{timed, timed_each};
use anyhow::Context;
use jcode_session_core::log::time::parse_text;
use jcode_session_core::source::go_on;
use jcode_session_core::write::Parent;
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::ops::restore::{checkpoints, rollback, take_checkpoint, undo};
use jcode_session_native::ops::verify::verify;
use jcode_session_native::session::Session;
use jcode_session_native::writer::{Writer, WriterOptions};
use jcode_session_tests::generate::{LargeLog, Until};
use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::Path;

/// The charts: of one log, of lists, and of searches.
pub fn measure(lab: &Lab) -> Outcome<Vec<Chart>> {
    Ok(vec![logs(lab)?, lists(lab)?, searches(lab)?])
}

type Operation = fn(&Path) -> Outcome<f64>;

const OPERATIONS: &[(&str, Operation)] = &[
    ("cold index", |log| timed(|| build_sidecar(log))),
    ("verify", |log| timed(|| Ok(verify(log, &mut |_| ControlFlow::Continue(()))?))),
    ("tree", |log| timed_each(5, || Ok(Session::open(log)?.0.tree()?))),
    ("open, last 50", |log| timed_each(20, || Ok(Session::open(log)?.0.tail(50)?))),
    ("append", append),
    ("checkpoint", |log| {
        append(log)?;
        timed(|| Ok(take_checkpoint(log)?))
    }),
    ("rollback", rolled_back),
];

fn logs(lab: &Lab) -> Outcome<Chart> {
    let sizes = lab.pick([1_000_000_u64, 10_000_000, 100_000_000, 1_000_000_000], [100_000, 200_000, 400_000, 800_000]);
    let mut curves: Vec<Curve> =
        OPERATIONS.iter().map(|(name, _)| Curve { name: (*name).to_owned(), points: Vec::new() }).collect();
    for size in sizes {
        let branches = size / 1_000_000;
        let log = lab.log("growth", LargeLog { until: Until::Bytes(size), branches, ..LargeLog::default() })?;
        let bytes = fs::metadata(&log)?.len() as f64;
        for ((_, operation), curve) in OPERATIONS.iter().zip(&mut curves) {
            curve.points.push((bytes, middle(lab, || operation(&log))?));
        }
    }
    Ok(Chart {
        name: "growth-log".into(),
        title: "One log: seconds against bytes of the log".into(),
        x: "bytes".into(),
        curves,
        beyond: None,
    })
}

/// Seconds until one append among 200 is acknowledged, in the default mode.
fn append(log: &Path) -> Outcome<f64> {
    let writer = Writer::open(log, &WriterOptions::default())?;
    let entry =
        format!("{{\"type\":\"message\",\"message\":{{\"role\":\"user\",\"content\":\"{}\"}}}}", "x".repeat(850));
    let seconds = timed_each(200, || Ok(writer.append(entry.as_bytes(), Parent::Leaf)?));
    writer.close()?;
    seconds
}

/// Seconds of a rollback to the first checkpoint, which is undone afterwards.
fn rolled_back(log: &Path) -> Outcome<f64> {
    let first = checkpoints(log)?.checkpoints.pop().context("a checkpoint was taken")?.timestamp;
    let seconds = timed(|| Ok(rollback(log, parse_text(&first), &mut go_on)?))?;
    undo(log, false, &mut go_on)?;
    Ok(seconds)
}

fn lists(lab: &Lab) -> Outcome<Chart> {
    let sizes = lab.pick([100_u64, 1_000, 10_000, 100_000], [20, 40, 80, 160]);
    let names = ["complete list", "all rows", "first page of 50", "first list"];
    let mut curves = names.map(|name| Curve { name: name.to_owned(), points: Vec::new() });
    let home = lab.folder("growth-lists")?;
    let sessions = home.join("sessions");
    fs::create_dir(&sessions)?;
    let mut made = 0;
    for count in sizes {
        for seed in made..count {
            let log = LargeLog { until: Until::Bytes(2_000), seed, ..LargeLog::default() };
            log.write(File::create(sessions.join(format!("{}.jsonl", log.session_id())))?)?;
        }
        made = count;
        lab.settle();
        let _ = fs::remove_dir_all(home.join("agent"));
        let catalog = Catalog::new(&home, std::slice::from_ref(&sessions));
        let complete = || timed(|| Ok(catalog.refresh(Keep::Store)));
        let first = complete()?;
        while catalog.refresh(Keep::Store).stale_rows > 0 {}
        let all = usize::try_from(count)?;
        let costs = [
            middle(lab, complete)?,
            middle(lab, || timed(|| Ok(catalog.first_page(all))))?,
            middle(lab, || timed_each(20, || Ok(catalog.first_page(50))))?,
            first,
        ];
        for (curve, cost) in curves.iter_mut().zip(costs) {
            curve.points.push((count as f64, cost));
        }
    }
    fs::remove_dir_all(&home)?;
    Ok(Chart {
        name: "growth-list".into(),
        title: "Lists: seconds against sessions".into(),
        x: "sessions".into(),
        curves: curves.into(),
        beyond: None,
    })
}

fn searches(lab: &Lab) -> Outcome<Chart> {
    let names = ["rare text", "common word", "rare text, indexed", "common word, indexed"];
    let mut curves = names.map(|name| Curve { name: name.to_owned(), points: Vec::new() });
    // 300 kB each: 0.1, 1 and 3 GB.
    for sessions in lab.pick([340, 3_400, 10_000], [10, 20, 30]) {
        let (bytes, costs) = search::costs(lab, sessions)?;
        for (curve, cost) in curves.iter_mut().zip(costs) {
            curve.points.push((bytes, cost));
        }
    }
    Ok(Chart {
        name: "growth-search".into(),
        title: "Searches: seconds against bytes of all logs".into(),
        x: "bytes".into(),
        curves: curves.into(),
        beyond: Some(30e9),
    })
}

fn middle(lab: &Lab, mut run: impl FnMut() -> Outcome<f64>) -> Outcome<f64> {
    let values: Outcome<Vec<f64>> = (0..lab.rounds(3)).map(|_| run()).collect();
    Ok(Figure(values?).median())
}
