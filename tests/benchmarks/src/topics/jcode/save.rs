//! Saving a turn, beside a bare write of its bytes and beside jcode's own way.

use super::own_way::OwnWay;
use super::session::Memory;
use crate::lab::Lab;
use crate::record::{Figure, Row, Target, Unit};
use crate::turns::in_turns;
use crate::{Outcome, floors, process};
use jcode_session_core::write::Durability;
use jcode_session_native::jcode::{OpenSession, Options};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

pub fn measure(lab: &mut Lab) -> Outcome<()> {
    let folder = lab.folder("jcode-save")?;
    for (mode, count, syncs) in
        [(Durability::default(), 2_000, floors::Syncs::Never), (Durability::Strict, 500, floors::Syncs::Each)]
    {
        let count = lab.pick(count, 20);
        let mut sizes = Sizes::default();
        let mut ours = || saves(&folder, mode, count, &mut sizes);
        let [ours, theirs] = in_turns(lab.rounds(9), [&mut ours, &mut || own_way(&folder, count).map(|way| way.0)])?;
        let bytes = sizes.log / u64::from(count);
        let floor = || floors::bare_write(&folder.join("bare"), count, usize::try_from(bytes)?, syncs);
        // The floor takes its turns beside ours alone: what jcode writes anew would still be on its way to the disk.
        let [again, floor] =
            in_turns(lab.rounds(15), [&mut || saves(&folder, mode, count, &mut sizes), &mut || floor()])?;
        let name = if mode == Durability::Strict { "write, fdatasync" } else { "write" };
        lab.add(
            Row::new(format!("save of a turn, {mode}"), Unit::Seconds, again)
                .floor(name, floor)
                .target(Target::MostTimes(1.3)),
        );
        lab.add(
            Row::new(format!("save of a turn, {mode}, a session of 14 MB"), Unit::Seconds, ours)
                .peer("jcode's own way", theirs),
        );
        let beside = (sizes.written - sizes.log) as f64 / f64::from(count);
        let written = own_way(&folder, count)?.1 as f64 / f64::from(count) - bytes as f64;
        lab.add(
            Row::new(format!("written beside the turn's own bytes, {mode}"), Unit::Bytes, Figure(vec![beside]))
                .peer("jcode's own way", Figure(vec![written])),
        );
    }
    Ok(())
}

/// What a run wrote.
#[derive(Default)]
struct Sizes {
    log: u64,
    written: u64,
}

/// Seconds per save of a turn in a new session; what jcode does between two saves takes no time.
fn saves(folder: &Path, durability: Durability, count: u32, sizes: &mut Sizes) -> Outcome<f64> {
    let log = folder.join("session.jsonl");
    fs::remove_dir_all(folder)?;
    fs::create_dir_all(folder)?;
    let before = process::written_so_far();
    let mut memory = Memory::new()?;
    let options = Options { durability, ..Options::default() };
    let mut session = OpenSession::create(&log, &memory.fields, &options)?;
    let mut all = Duration::ZERO;
    for _ in 0..count {
        memory.converse();
        all += memory.with_save(|save| -> Outcome<Duration> {
            let start = Instant::now();
            session.save(save)?;
            Ok(start.elapsed())
        })?;
    }
    session.close().map_err(|unwritten| anyhow::anyhow!("{unwritten:?}"))?;
    let written = (process::written_so_far() - before) as u64;
    *sizes = Sizes { log: fs::metadata(&log)?.len(), written };
    Ok(all.as_secs_f64() / f64::from(count))
}

/// The same in jcode's own way, and the bytes that it writes in all.
fn own_way(folder: &Path, count: u32) -> Outcome<(f64, u64)> {
    fs::remove_dir_all(folder)?;
    fs::create_dir_all(folder)?;
    let (mut memory, mut way) = (Memory::new()?, OwnWay::new(folder));
    let mut all = Duration::ZERO;
    for _ in 0..count {
        memory.converse();
        let start = Instant::now();
        way.save(&memory)?;
        all += start.elapsed();
    }
    Ok((all.as_secs_f64() / f64::from(count), way.written))
}
