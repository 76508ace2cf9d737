//! A process that appends until it is killed: the counterpart of `tests/tests/crash/kill.rs`.
//!
//! `session-child MODE LOG [COUNT]` prints `open`, then `ack <id>` for every acknowledged entry, `flushed <id>` after
//! each flush in `throughput`, and `done` after a clean close. Without COUNT it runs until it is killed.

use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::writer::{NewSession, Writer, WriterOptions};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, log, count @ ..] = arguments.as_slice() else { return Err("usage: MODE LOG [COUNT]".into()) };
    let durability = match mode.parse()? {
        Durability::Balanced { .. } => Durability::Balanced { entries: 32, millis: 5 },
        other => other,
    };
    let count = count.first().map_or(Ok(u64::MAX), |count| count.parse())?;
    let create = Some(NewSession { cwd: "/".into(), ..NewSession::default() });
    let writer = Writer::open(Path::new(log), &WriterOptions { durability, create, ..WriterOptions::default() })?;
    // One write per line, so that a line which the kill cuts is no acknowledgement.
    let mut out = std::io::stdout();
    out.write_all(b"open\n")?;
    let first = writer.leaf();
    for number in 0..count {
        let filler = "x".repeat(usize::try_from(number * 97 % 3000)?);
        let entry = format!("{{\"type\":\"message\",\"message\":{{\"role\":\"user\",\"content\":\"{filler}\"}}}}");
        // Starts a new branch now and then.
        let parent = match &first {
            Some(first) if number % 17 == 16 => Parent::Id(first),
            _ => Parent::Leaf,
        };
        let id = writer.append(entry.as_bytes(), parent)?;
        out.write_all(format!("ack {id}\n").as_bytes())?;
        if durability == Durability::Throughput && number % 20 == 19 {
            writer.flush()?;
            out.write_all(format!("flushed {id}\n").as_bytes())?;
        }
    }
    writer.close()?;
    out.write_all(b"done\n")?;
    Ok(())
}
