//! Writers in several processes that take turns, beside one that has a session for itself.

use super::session::Memory;
use crate::Outcome;
use crate::lab::Lab;
use crate::record::{Figure, Row, Target, Unit};
use crate::turns::in_turns;
use jcode_session_native::jcode::{self, OpenSession, Options};
use jcode_session_native::writer::LockMode;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

const PROCESSES: u32 = 8;

pub fn measure(lab: &mut Lab) -> Outcome<()> {
    let folder = lab.folder("jcode-turns")?;
    let count = lab.pick(1_000, 10);
    let mut slowest = Figure::default();
    let mut eight = || {
        let run = together(&folder, PROCESSES, count)?;
        slowest.0.push(run.1);
        Ok(run.0)
    };
    let [eight, one] = in_turns(lab.rounds(7), [&mut eight, &mut || Ok(together(&folder, 1, count)?.0)])?;
    lab.add(
        Row::new("turns, saves of 8 processes", Unit::PerSecond, eight)
            .floor("1 process", one)
            .target(Target::LeastTimes(0.5)),
    );
    slowest.0.remove(0);
    lab.add(Row::new("turns, when the first of 8 is done, beside the last", Unit::Share, slowest));
    Ok(())
}

/// Saves per second of so many processes, and at which share of the time the first was done.
fn together(folder: &Path, processes: u32, count: u32) -> Outcome<(f64, f64)> {
    fs::remove_dir_all(folder)?;
    fs::create_dir_all(folder)?;
    let log = folder.join("session.jsonl");
    OpenSession::create(&log, &Memory::new()?.fields, &options())?
        .close()
        .map_err(|unwritten| anyhow::anyhow!("{unwritten:?}"))?;
    let me = std::env::current_exe()?;
    let count_text = count.to_string();
    let start = |_| {
        let mut command = Command::new(&me);
        command.arg("save-turns").arg(&log).arg(&count_text).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()
    };
    let mut children: Vec<Child> = (0..processes).map(start).collect::<Result<_, _>>()?;
    let mut said: Vec<_> = children.iter_mut().filter_map(|child| child.stdout.take()).map(BufReader::new).collect();
    let mut line = String::new();
    // All have opened it.
    said.iter_mut().try_for_each(|said| said.read_line(&mut line).map(drop))?;
    let began = Instant::now();
    for child in &mut children {
        child.stdin.take().map(|mut word| word.write_all(b"go\n")).transpose()?;
    }
    let wait = |said: BufReader<_>| {
        std::thread::spawn(move || {
            let done = BufRead::lines(said).next();
            (done, began.elapsed().as_secs_f64())
        })
    };
    let waits: Vec<_> = said.into_iter().map(wait).collect();
    let ends = waits.into_iter().map(|wait| Ok(wait.join().map_err(|_| anyhow::anyhow!("a thread panicked"))?.1));
    let ends: Vec<f64> = ends.collect::<Outcome<_>>()?;
    for child in &mut children {
        anyhow::ensure!(child.wait()?.success(), "a writer failed");
    }
    let messages = jcode::load(&log)?.messages.len();
    anyhow::ensure!(messages == (processes * count * 3) as usize, "{messages} messages of {processes} writers");
    let (first, last) = (ends.iter().copied().fold(f64::MAX, f64::min), ends.iter().copied().fold(0.0, f64::max));
    Ok((f64::from(processes * count) / last, first / last))
}

fn options() -> Options {
    Options { lock: LockMode::Batch, ..Options::default() }
}

/// Opens the session, waits for a word, saves so many turns, and says so.
pub fn save(log: &Path, count: u32) -> Outcome<()> {
    let (mut session, state) = OpenSession::open(log, &options())?;
    let mut memory = Memory::new()?;
    memory.fields = state.fields;
    let mut out = std::io::stdout();
    writeln!(out, "open")?;
    std::io::stdin().read_line(&mut String::new())?;
    for _ in 0..count {
        memory.converse();
        memory.with_save(|save| session.save(save))?;
    }
    writeln!(out, "done")?;
    session.close().map_err(|unwritten| anyhow::anyhow!("{unwritten:?}"))?;
    Ok(())
}
