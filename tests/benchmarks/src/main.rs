//! Measures jcode-session beside floors and peers, and reports the results: `tests/bench` runs it.
//!
//! `measure` writes one JSON file per run, and `render` makes the document from it. They share only [`record`].
//!
//! Owns: the command line.
//! Invariant: no time is asserted. Nothing is built here; the program beside this one is measured.

mod floors;
mod growth;
mod lab;
mod library;
mod machine;
mod peer;
mod process;
mod project;
mod record;
mod report;
mod topics;
mod turns;

use anyhow::Context;
use clap::{Parser, Subcommand};
use record::Run;
use std::fs;
use std::path::{Path, PathBuf};

type Outcome<T> = anyhow::Result<T>;

/// Measures jcode-session beside floors and peers.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Measures, and writes the results to a JSON file.
    Measure {
        /// Small data and one round: only to see that everything works.
        #[arg(long)]
        quick: bool,
        /// Only these topics; `growth` is one of them.
        #[arg(long)]
        only: Vec<String>,
        /// Where data is generated, and what ought to be a disk.
        #[arg(long, default_value = "target/bench")]
        folder: PathBuf,
        /// Results of criterion to take along.
        #[arg(long, default_value = "target/criterion")]
        criterion: PathBuf,
        #[arg(long, default_value = "target/bench/results.json")]
        out: PathBuf,
    },
    /// Renders results as `benchmarks.md`, with plots.
    Render {
        results: PathBuf,
        #[arg(long, default_value = "docs")]
        docs: PathBuf,
    },
    /// Parses a log into values and exits: what its memory is compared with.
    #[command(hide = true)]
    Parse { log: PathBuf },
    /// Saves turns in a session that other processes write too, once a line is read.
    #[command(hide = true)]
    SaveTurns { log: PathBuf, count: u32 },
}

fn main() -> Outcome<()> {
    // As the command line does, so that the library can map files here too.
    jcode_session_native::os::map::install_guard();
    match Arguments::parse().what {
        What::Measure { quick, only, folder, criterion, out } => {
            let run = measure(quick, &only, &folder, &criterion)?;
            write(&out, serde_json::to_string_pretty(&run)?.as_bytes())?;
            println!("{}", out.display());
        }
        What::Render { results, docs } => {
            let run: Run = serde_json::from_slice(&fs::read(&results).with_context(|| results.display().to_string())?)?;
            for chart in &run.charts {
                write(&docs.join(format!("{}.svg", chart.name)), report::plot::svg(chart)?.as_bytes())?;
            }
            let document = docs.join("benchmarks.md");
            write(&document, report::markdown::document(&run).as_bytes())?;
            println!("{}", document.display());
        }
        What::SaveTurns { log, count } => topics::jcode::save_turns(&log, count)?,
        What::Parse { log } => println!("{}", floors::full_parse(&log)?),
    }
    Ok(())
}

fn measure(quick: bool, only: &[String], folder: &Path, criterion: &Path) -> Outcome<Run> {
    let wanted = |name: &str| only.is_empty() || only.iter().any(|only| only == name);
    if let Some(unknown) = only.iter().find(|only| *only != "growth" && topics::ALL.iter().all(|t| t.name != **only)) {
        let names: Vec<&str> = topics::ALL.iter().map(|topic| topic.name).collect();
        anyhow::bail!("there is no topic `{unknown}`; there are {} and growth", names.join(", "));
    }
    let mut lab = lab::Lab::new(quick, folder)?;
    let date = jcode_session_core::log::time::format(jcode_session_native::os::host::now_ms()).unwrap_or_default();
    let node = lab.pi.as_ref().ok().and_then(peer::Pi::node_version);
    let machine = machine::facts(folder).into_iter().chain(node.map(|version| ("Node.js".to_owned(), version)));
    let mut run = Run { date, quick, machine: machine.collect(), ..Run::default() };
    for topic in topics::ALL.iter().filter(|topic| wanted(topic.name)) {
        eprintln!("{}", topic.title);
        (topic.measure)(&mut lab).with_context(|| format!("topic {}", topic.name))?;
        run.topics.push(lab.end(topic.title, topic.about));
    }
    if wanted("growth") {
        eprintln!("Growth");
        run.charts = growth::measure(&lab)?;
    }
    run.library = library::collect(criterion)?;
    Ok(run)
}

fn write(path: &Path, bytes: &[u8]) -> Outcome<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| path.display().to_string())
}
