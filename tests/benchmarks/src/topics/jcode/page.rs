//! Opening a long session: its fields, its number of messages, what a model is shown of it.

use super::session::Memory;
use crate::lab::Lab;
use crate::record::{Row, Target, Unit};
use crate::turns::{in_turns, timed, timed_each};
use crate::{Outcome, floors};
use jcode_session_core::write::Durability;
use jcode_session_native::jcode::{self, Fields, OpenSession, Options, Save};
use jcode_session_tests::jcode_model::write_large_v1;
use serde::de::IgnoredAny;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Messages that a compaction leaves, and turns behind it.
const LEFT: u64 = 20;
const BEHIND: u64 = 60;

pub fn measure(lab: &mut Lab) -> Outcome<()> {
    let folder = lab.folder("jcode-page")?;
    let log = folder.join("session.jsonl");
    let messages = long_session(&log, lab.pick(285_000_000, 3_000_000))?;
    let page = jcode::page(&log)?;
    anyhow::ensure!(page.hidden == Some(messages - LEFT - 3 * BEHIND), "{:?} of {messages}", page.hidden);
    let bytes: usize = page.messages.iter().map(|message| message.json.len()).sum();
    lab.settle();
    let ours = || timed_each(20, || Ok(jcode::page(&log)?));
    let recent = || timed_each(20, || Ok(jcode::recent(&log)?));
    let floor = || timed_each(20, || parse_end(&log, bytes));
    let v1 = lab.folder("jcode-page-v1")?;
    write_large_v1(&v1, "session_large", lab.pick(285_000_000, 3_000_000), 1)?;
    let theirs = || {
        timed(|| {
            let whole: serde_json::Value = serde_json::from_slice(&fs::read(v1.join("session_large.json"))?)?;
            floors::full_parse(&v1.join("session_large.journal.jsonl"))?;
            Ok(whole)
        })
    };
    let [ours, recent, floor, theirs] =
        in_turns(lab.rounds(5), [&mut || ours(), &mut || recent(), &mut || floor(), &mut || theirs()])?;
    let what = format!("page of {} messages behind a compaction, {} KB of 285 MB", page.messages.len(), bytes / 1000);
    lab.add(
        Row::new(what, Unit::Seconds, ours)
            .floor("read and parse of its bytes", floor)
            .peer("parse of the v1 files", theirs)
            .target(Target::Most(5e-3)),
    );
    lab.add(
        Row::new("all fields and the number of messages, 285 MB", Unit::Seconds, recent).target(Target::Most(1e-3)),
    );
    Ok(())
}

/// A session of so many bytes, compacted near its end. The number of its messages.
fn long_session(log: &Path, bytes: u64) -> Outcome<u64> {
    let mut memory = Memory::new()?;
    let options = Options { durability: Durability::Throughput, ..Options::default() };
    let mut session = OpenSession::create(log, &memory.fields, &options)?;
    let mut save = |memory: &mut Memory| -> Outcome<()> {
        memory.converse();
        memory.with_save(|save| session.save(save))?;
        Ok(())
    };
    while memory.count() * 2_400 < bytes {
        save(&mut memory)?;
    }
    let covered = memory.count() - LEFT;
    let compaction = format!(
        r#"{{"summary_text":"{}","covers_up_to_turn":9,"original_turn_count":9,"compacted_count":{covered}}}"#,
        "what was done. ".repeat(500)
    );
    memory.fields.apply(&Fields::from_iter([("compaction".to_string(), compaction.into_bytes())]));
    for _ in 0..BEHIND {
        save(&mut memory)?;
    }
    session.save(&Save::of(&memory.fields))?;
    session.close().map_err(|unwritten| anyhow::anyhow!("{unwritten:?}"))?;
    Ok(memory.count())
}

/// Reads so many bytes at the end of a file and checks with serde_json that each whole line is JSON.
fn parse_end(log: &Path, bytes: usize) -> Outcome<usize> {
    let file = File::open(log)?;
    let mut end = vec![0; bytes];
    file.read_exact_at(&mut end, file.metadata()?.len().saturating_sub(bytes as u64))?;
    let mut lines = 0;
    for line in end.split(|&byte| byte == b'\n').skip(1).filter(|line| !line.is_empty()) {
        serde_json::from_slice::<IgnoredAny>(line)?;
        lines += 1;
    }
    Ok(lines)
}
