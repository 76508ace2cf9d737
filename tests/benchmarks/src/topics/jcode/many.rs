//! Hundreds of sessions open in one process: what each of them holds.

use super::session::Memory;
use crate::Outcome;
use crate::lab::Lab;
use crate::record::{Figure, Row, Target, Unit};
use jcode_session_native::jcode::{OpenSession, Options};
use std::fs;

pub fn measure(lab: &mut Lab) -> Outcome<()> {
    let folder = lab.folder("jcode-many")?;
    let count = lab.pick(200, 20);
    let before = Held::now()?;
    let (mut sessions, mut half) = (Vec::new(), Held::now()?);
    for number in 0..count {
        if number == count / 2 {
            half = Held::now()?;
        }
        let mut memory = Memory::new()?;
        let mut session =
            OpenSession::create(&folder.join(format!("{number}.jsonl")), &memory.fields, &Options::default())?;
        memory.converse();
        memory.with_save(|save| session.save(save))?;
        session.flush()?;
        sessions.push(session);
    }
    let after = Held::now()?;
    let row = |what: &str, unit, value| Row::new(format!("{count} sessions open, {what}"), unit, Figure(vec![value]));
    // What all of them share was there with the first half.
    let each = |half: f64, after: f64| (after - half) / f64::from(count - count / 2);
    lab.add(row("threads", Unit::Number, after.threads - before.threads).target(Target::Most(4.0)));
    lab.add(row("handles each", Unit::Number, each(half.handles, after.handles)).target(Target::Most(3.0)));
    lab.add(row("memory each", Unit::Bytes, each(half.memory, after.memory)).target(Target::Most(64.0 * 1024.0)));
    for session in sessions {
        session.close().map_err(|unwritten| anyhow::anyhow!("{unwritten:?}"))?;
    }
    Ok(())
}

/// What this process holds.
struct Held {
    threads: f64,
    handles: f64,
    /// Anonymous memory, bytes.
    memory: f64,
}

impl Held {
    fn now() -> Outcome<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let number = |key: &str| -> f64 {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
            line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(f64::NAN)
        };
        let handles = fs::read_dir("/proc/self/fd")?.count() as f64;
        Ok(Self { threads: number("Threads:"), handles, memory: number("RssAnon:") * 1024.0 })
    }
}
