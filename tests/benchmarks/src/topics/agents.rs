//! Sessions of other agents: a home of five of them, one large session, its import.

use super::Topic;
use crate::lab::Lab;
use crate::record::{Figure, Row, Target, Unit};
use crate::turns::{in_turns, timed};
use crate::{Outcome, floors, process};
use anyhow::Context;
use jcode_session_core::dialect::{detect, present};
use jcode_session_core::index::IndexBuilder;
use jcode_session_core::log::{LogScan, scan_source};
use jcode_session_native::catalog::{Catalog, Keep};
use jcode_session_native::os::log_file::LogFile;
use jcode_session_tests::generate::agents::{AGENTS, Generator, at_length, claude_code, codex};
use std::fs;
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

pub const TOPIC: Topic = Topic {
    name: "agents",
    title: "Sessions of other agents",
    about: "Sessions as Claude Code, Codex, Copilot, Gemini and Qwen write them, where they are, with texts of 1.5 KB on average. Nothing in such a file says what a list shows but the file itself, so the first list reads all of it; its floor reads the bytes. The large sessions are of 500 MB; rows are all that an index of them would hold, made on one core.",
    measure,
};

/// Those of which a file is a session.
const FIVE: [&str; 5] = ["claude-code", "codex", "copilot", "gemini", "qwen"];

fn measure(lab: &mut Lab) -> Outcome<()> {
    home(lab)?;
    for (agent, generator) in [("Claude Code", claude_code as Generator), ("Codex", codex as Generator)] {
        large(lab, agent, generator)?;
    }
    Ok(())
}

/// A home of 10,000 sessions, of which half are small and a few hold most of the bytes.
fn home(lab: &mut Lab) -> Outcome<()> {
    let (home, count) = (lab.folder("agents")?, lab.pick(10_000, 50));
    let generators: Vec<Generator> =
        AGENTS.iter().filter(|(name, _)| FIVE.contains(name)).map(|(_, generator)| *generator).collect();
    let sessions = home.join("sessions");
    fs::create_dir(&sessions)?;
    let mut logs = Vec::new();
    for number in 0..count {
        let turns = match number % 100 {
            0 => lab.pick(600, 60),
            1..10 => 90,
            10..50 => 12,
            _ => 2,
        };
        let generator = generators.get(usize::try_from(number)? % generators.len()).context("five of them")?;
        let log = sessions.join(format!("s{number}.jsonl"));
        fs::write(&log, told_at_length(&generator(turns, number)))?;
        logs.push(log);
    }
    lab.settle();
    let bytes: u64 = logs.iter().map(|log| Ok(fs::metadata(log)?.len())).sum::<Outcome<u64>>()?;
    let catalog = Catalog::new(&home, std::slice::from_ref(&sessions));
    let list = || {
        timed(|| {
            let found = catalog.refresh(Keep::Store).sessions.len() as u64;
            anyhow::ensure!(found == count, "{found} of {count} sessions");
            Ok(())
        })
    };
    let anew = || -> Outcome<f64> {
        fs::remove_dir_all(home.join("agent")).or_else(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Ok(()),
            _ => Err(error),
        })?;
        list()
    };
    let [first, read] = in_turns(lab.rounds(3), [&mut || anew(), &mut || timed(|| read_all(&logs))])?;
    let what = format!("first list of 10,000 sessions of five agents, {:.1} GB", bytes as f64 / 1e9);
    lab.add(Row::new(what, Unit::Seconds, first).floor("read their bytes", read).target(Target::Most(3.0)));
    while catalog.refresh(Keep::Store).stale_rows > 0 {}
    let floor = || timed(|| floors::read_dir_and_stat(&sessions, ".jsonl"));
    let [again, floor] = in_turns(lab.rounds(9), [&mut || list(), &mut || floor()])?;
    lab.add(
        Row::new("the same, nothing changed", Unit::Seconds, again)
            .floor("read_dir, stat", floor)
            .target(Target::MostTimes(2.0)),
    );
    Ok(fs::remove_dir_all(&home)?)
}

fn read_all(logs: &[PathBuf]) -> Outcome<u64> {
    let read = logs.iter().map(|log| Ok(std::io::copy(&mut fs::File::open(log)?, &mut std::io::sink())?));
    read.sum()
}

/// One session of 500 MB.
fn large(lab: &mut Lab, agent: &str, generator: Generator) -> Outcome<()> {
    let home = lab.folder("agents-large")?;
    let log = home.join("source/large.jsonl");
    let bytes = write_large(&log, generator, lab.pick(500_000_000, 1_000_000))?;
    lab.settle();
    let [rows, lines] = in_turns(
        lab.rounds(3),
        [&mut || timed(|| rows(&log)), &mut || timed(|| floors::newline_scan(&log).map(|_| ()))],
    )?;
    // A generated session is of this size but for some percent.
    let of_size = |seconds: &Figure| Figure(seconds.0.iter().map(|seconds| seconds * 500e6 / bytes as f64).collect());
    lab.add(
        Row::new(format!("rows of a session of {agent}, 500 MB, one core"), Unit::Seconds, of_size(&rows))
            .floor("newlines alone", of_size(&lines))
            .target(Target::Most(1.0)),
    );
    let mut tail = |what: &str, most: f64| -> Outcome<()> {
        let show = || {
            let mut command = lab.command(["show", "--tail", "50", "--json"]);
            process::time(command.arg(&log).env("JCODE_HOME", &home))
        };
        let [shown] = in_turns(lab.rounds(3), [&mut || show()])?;
        lab.add(Row::new(format!("{what}, {agent}"), Unit::Seconds, shown).target(Target::Most(most)));
        Ok(())
    };
    tail("last 50 entries of it, a process", 20e-3)?;
    let (mut imported, mut copied) = (Figure::default(), Figure::default());
    let mut usage = process::Usage::default();
    for round in 0..lab.rounds(3) {
        let into = lab.folder(&format!("agents-import-{round}"))?;
        lab.settle();
        imported.0.push(timed(|| {
            usage = process::watch(lab.command(["import"]).arg(&log).env("JCODE_HOME", &into))?;
            Ok(())
        })?);
        copied.0.push(floors::copy_with_digest(&log, &into.join("copy"))?);
        fs::remove_dir_all(&into)?;
    }
    lab.add(
        Row::new(format!("import of it, {agent}"), Unit::Seconds, of_size(&imported))
            .floor("copy, digest, sync", of_size(&copied))
            .target(Target::Most(2.5)),
    );
    let memory = Figure(vec![usage.anonymous]);
    lab.add(Row::new(format!("its anonymous memory, {agent}"), Unit::Bytes, memory));
    Ok(fs::remove_dir_all(&home)?)
}

/// Writes a session of about so many bytes; how many they are.
fn write_large(log: &Path, generator: Generator, bytes: usize) -> Outcome<u64> {
    fs::create_dir_all(log.parent().context("a folder")?)?;
    let sample = told_at_length(&generator(500, 1)).len();
    let session = told_at_length(&generator(500 * bytes / sample, 1));
    let mut file = BufWriter::new(fs::File::create(log)?);
    file.write_all(&session)?;
    file.flush()?;
    Ok(session.len() as u64)
}

/// What texts are made longer with: prose and code, with what JSON escapes.
const WORDS: &[u8] =
    br#"the parser reads a line at a time, and keeps the offset of each.\n    if (rest === \"\") { return null }\n"#;

/// A session with texts as long as those of real ones: from none to twice the mean.
fn told_at_length(session: &[u8]) -> Vec<u8> {
    at_length(session, |number| WORDS.repeat(number * 7 % 31))
}

/// Everything that an index of the session would hold, on this thread.
fn rows(log: &Path) -> Outcome<u64> {
    let mut source = LogFile::open(log)?;
    source.map_if_guarded();
    let go_on = &mut |_| ControlFlow::Continue(());
    let shown = present(&source, &detect(&source)?, go_on)?;
    let mut builder = IndexBuilder::new(());
    scan_source(&shown, 0..jcode_session_core::source::ByteSource::len(&shown), LogScan::new(), &mut builder, go_on)?;
    Ok(builder.finish().entry_count() as u64)
}
