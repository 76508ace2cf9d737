//! `seal`: moves the older lines of a log into segments, and back.
//!
//! Owns: the printed form. The native host seals.
//! Invariant: sizes are given in bytes of the log, which stays the same.

use crate::args::SealArgs;
use crate::output::{ExitStatus, Output, bytes, count, visible};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_native::ops::seal::{self, DEFAULT_SIZE, Plan, Segments};
use jcode_session_native::os::path_text::shown;
use std::io::Write;

pub(super) fn seal(args: &SealArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let log = super::resolve(&args.session, settings)?;
    let name = visible(&shown(&log));
    if args.undo {
        let line = match seal::undo(&log)? {
            0 => format!("{name}: is one file already"),
            n => format!("put {} of {name} back into one file", bytes(n)),
        };
        writeln!(output.data(), "{line}")?;
        return Ok(ExitStatus::Clean);
    }
    if args.plain {
        let line = match seal::decompress(&log)? {
            0 => format!("{name}: has no compressed segment"),
            n => format!("decompressed {} of {name}", count(n, "segment", "segments")),
        };
        writeln!(output.data(), "{line}")?;
        return Ok(ExitStatus::Clean);
    }
    let asked = settings.segments(&args.segments)?;
    let asked = Segments { size: asked.size.unwrap_or(DEFAULT_SIZE), compress: asked.compress };
    if args.dry_run {
        let plan = seal::plan(&log, asked.size)?;
        let line =
            if plan.is_nothing() { nothing(&name, asked.size) } else { format!("would move {}", moved(&plan, &name)) };
        writeln!(output.data(), "{line}")?;
        return Ok(ExitStatus::Clean);
    }
    let done = seal::run(&log, asked)?;
    let line =
        if done.plan.is_nothing() { nothing(&name, asked.size) } else { format!("moved {}", moved(&done.plan, &name)) };
    writeln!(output.data(), "{line}")?;
    if done.compressed > 0 {
        writeln!(
            output.data(),
            "  {} compressed that stood there before",
            count(done.compressed, "segment", "segments")
        )?;
    }
    if !done.plan.is_nothing() {
        output.note("other programs see the log whole after `seal --undo`, or as one file by `export --format v3`");
    }
    Ok(ExitStatus::Clean)
}

fn moved(plan: &Plan, name: &str) -> String {
    let segments = count(plan.ranges.len() as u64, "segment", "segments");
    format!("{} of {name} ({}) into {segments}", bytes(plan.bytes()), bytes(plan.len))
}

fn nothing(name: &str, size: u64) -> String {
    format!("{name}: less than a segment ({}) and a line stands outside of segments; nothing to seal", bytes(size))
}
