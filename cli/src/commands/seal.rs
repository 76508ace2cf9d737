//! `seal`: moves the older lines of a log into segments, and back.
//!
//! Owns: the printed form, and the report. The native host seals.
//! Invariant: the length of the log stays the same; what it takes on the disk is told from its files before and after.

use super::many;
use crate::args::SealArgs;
use crate::output::{ExitStatus, Output, Progress, bytes, count, visible};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_core::report::{SealAction, SealReport};
use jcode_session_native::ops::du::stored;
use jcode_session_native::ops::restore::len_of;
use jcode_session_native::ops::seal::{self, DEFAULT_SIZE, PASSES, Plan, Segments};
use jcode_session_native::os::path_text::shown;
use std::io::Write;
use std::path::Path;

pub(super) fn seal(args: &SealArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let log = super::resolve(&args.session, settings)?;
    let action = match (args.undo, args.plain) {
        (true, _) => SealAction::Undo,
        (_, true) => SealAction::Plain,
        _ => SealAction::Seal,
    };
    let mut asked = Segments { size: DEFAULT_SIZE, compress: false };
    if action == SealAction::Seal {
        let set = settings.segments(&args.segments)?;
        asked = Segments { size: set.size.unwrap_or(DEFAULT_SIZE), compress: set.compress };
    }
    let mut report = SealReport::new(shown(&log), action, args.dry_run, len_of(&log), stored(&log)?);
    run(&log, asked, &mut report, output)?;
    if !args.dry_run {
        report.stored_after = Some(stored(&log)?);
    }
    if args.json {
        output.json(&report)?;
    } else {
        print(&report, asked.size, output)?;
    }
    if report.left == 0 {
        return Ok(ExitStatus::Clean);
    }
    let form = if action == SealAction::Plain { "compressed" } else { "plain" };
    let left = count(report.left, "segment is", "segments are");
    output.warn(format!("interrupted: {left} still {form}; the log is the same, and the same command goes on"));
    Ok(ExitStatus::Failed)
}

/// Does what the report is of, and completes it.
fn run(log: &Path, asked: Segments, report: &mut SealReport, output: &Output) -> Result<()> {
    let converted = match report.action {
        SealAction::Undo => {
            report.moved_bytes = many::watched(&progress(log, "putting back", output), |tick| seal::undo(log, tick))?;
            return Ok(());
        }
        SealAction::Seal if report.dry_run => {
            plan(&seal::plan(log, asked.size)?, report);
            return Ok(());
        }
        SealAction::Plain => {
            many::watched(&progress(log, "decompressing", output), |tick| seal::decompress(log, tick))?
        }
        SealAction::Seal => {
            let done = many::watched(&progress(log, "sealing", output), |tick| seal::run(log, asked, tick))?;
            plan(&done.plan, report);
            done.compressed
        }
    };
    (report.converted, report.left) = (converted.segments, converted.left);
    Ok(())
}

fn plan(plan: &Plan, report: &mut SealReport) {
    (report.moved_bytes, report.segments) = (plan.bytes(), plan.ranges.len() as u64);
}

fn progress(log: &Path, what: &str, output: &Output) -> Progress {
    output.progress_over(|| Some(PASSES * len_of(log)), what)
}

fn print(report: &SealReport, size: u64, output: &mut Output) -> Result<()> {
    let name = visible(&report.path);
    let segments = |n| count(n, "segment", "segments");
    let (moved, converted) = (report.moved_bytes, report.converted);
    let line = match report.action {
        SealAction::Undo if moved == 0 => format!("{name}: is one file already"),
        SealAction::Undo => format!("put {} of {name} back into one file", bytes(moved)),
        SealAction::Plain if converted + report.left == 0 => format!("{name}: has no compressed segment"),
        SealAction::Plain => format!("decompressed {} of {name}", segments(converted)),
        SealAction::Seal if moved == 0 => {
            let least = bytes(size);
            format!("{name}: less than a segment ({least}) and a line stands outside of segments; nothing to seal")
        }
        SealAction::Seal => {
            let word = if report.dry_run { "would move" } else { "moved" };
            let (part, whole) = (bytes(moved), bytes(report.log_bytes));
            format!("{word} {part} of {name} ({whole}) into {}", segments(report.segments))
        }
    };
    writeln!(output.data(), "{line}")?;
    if report.action == SealAction::Seal && converted > 0 {
        writeln!(output.data(), "  {} compressed that stood there before", segments(converted))?;
    }
    if let Some(after) = report.stored_after.filter(|_| moved + converted > 0) {
        writeln!(output.data(), "  {} on the disk became {}", bytes(report.stored_before), bytes(after))?;
    }
    if report.action == SealAction::Seal && moved > 0 && !report.dry_run {
        output.note("other programs see the log whole after `seal --undo`, or as one file by `export --format v3`");
    }
    Ok(())
}
