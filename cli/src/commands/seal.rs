//! `seal`: moves the older lines of a log into segments, and back.
//!
//! Owns: the printed form. The native host seals.
//! Invariant: sizes are given in bytes of the log, which stays the same.

use super::many;
use crate::args::SealArgs;
use crate::output::{ExitStatus, Output, Progress, bytes, count, visible};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_native::ops::restore::len_of;
use jcode_session_native::ops::seal::{self, Converted, DEFAULT_SIZE, PASSES, Plan, Segments};
use jcode_session_native::os::path_text::shown;
use std::io::Write;
use std::path::Path;

pub(super) fn seal(args: &SealArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let log = super::resolve(&args.session, settings)?;
    let name = visible(&shown(&log));
    if args.undo {
        let progress = progress(&log, "putting back", output);
        let line = match many::watched(&progress, |tick| seal::undo(&log, tick))? {
            0 => format!("{name}: is one file already"),
            n => format!("put {} of {name} back into one file", bytes(n)),
        };
        writeln!(output.data(), "{line}")?;
        return Ok(ExitStatus::Clean);
    }
    if args.plain {
        let progress = progress(&log, "decompressing", output);
        let done = many::watched(&progress, |tick| seal::decompress(&log, tick))?;
        let line = match (done.segments, done.left) {
            (0, 0) => format!("{name}: has no compressed segment"),
            (n, _) => format!("decompressed {} of {name}", count(n, "segment", "segments")),
        };
        writeln!(output.data(), "{line}")?;
        return Ok(ended(done, "compressed", output));
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
    let progress = progress(&log, "sealing", output);
    let done = many::watched(&progress, |tick| seal::run(&log, asked, tick))?;
    let line =
        if done.plan.is_nothing() { nothing(&name, asked.size) } else { format!("moved {}", moved(&done.plan, &name)) };
    writeln!(output.data(), "{line}")?;
    if done.compressed.segments > 0 {
        writeln!(
            output.data(),
            "  {} compressed that stood there before",
            count(done.compressed.segments, "segment", "segments")
        )?;
    }
    if !done.plan.is_nothing() {
        output.note("other programs see the log whole after `seal --undo`, or as one file by `export --format v3`");
    }
    Ok(ended(done.compressed, "plain", output))
}

fn progress(log: &Path, what: &str, output: &Output) -> Progress {
    output.progress_over(|| Some(PASSES * len_of(log)), what)
}

/// Tells of segments that were left as they were.
fn ended(converted: Converted, form: &str, output: &mut Output) -> ExitStatus {
    if converted.left == 0 {
        return ExitStatus::Clean;
    }
    let left = count(converted.left, "segment is", "segments are");
    output.warn(format!("interrupted: {left} still {form}; the log is the same, and the same command goes on"));
    ExitStatus::Failed
}

fn moved(plan: &Plan, name: &str) -> String {
    let segments = count(plan.ranges.len() as u64, "segment", "segments");
    format!("{} of {name} ({}) into {segments}", bytes(plan.bytes()), bytes(plan.len))
}

fn nothing(name: &str, size: u64) -> String {
    format!("{name}: less than a segment ({}) and a line stands outside of segments; nothing to seal", bytes(size))
}
