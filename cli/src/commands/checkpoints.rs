//! `checkpoints`: the states to which a session can be returned.
//!
//! Owns: the table.
//! Invariant: rows are newest first, the order in which `rollback` looks for a state.

use crate::args::CheckpointsArgs;
use crate::output::{ExitStatus, Output, bytes, shorten, visible};
use crate::settings::Settings;
use anyhow::Result;
use comfy_table::{Table, presets};
use jcode_session_core::report::CheckpointsReport;
use jcode_session_native::ops::restore;
use std::io::Write;

pub(super) fn checkpoints(args: &CheckpointsArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let log = restore::log_of(&super::resolve(&args.session, settings)?);
    if args.take && !restore::take_checkpoint(&log)? {
        output.note("the newest checkpoint is of this very state; none was taken");
    }
    let report = restore::checkpoints(&log)?;
    if args.json {
        output.json(&report)?;
    } else {
        print(&report, output)?;
    }
    Ok(ExitStatus::Clean)
}

fn print(report: &CheckpointsReport, output: &mut Output) -> Result<()> {
    if report.checkpoints.is_empty() {
        output.note("no checkpoints yet; they are taken while the session is written, and before a migration");
        return Ok(());
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["", "time", "size", "last entry", ""]);
    for checkpoint in &report.checkpoints {
        table.add_row([
            if checkpoint.current { "*" } else { "" }.to_string(),
            visible(&checkpoint.timestamp),
            bytes(checkpoint.logical_len),
            checkpoint.branch_leaf.as_deref().map(|leaf| shorten(leaf, 40)).unwrap_or_default(),
            shorten(&checkpoint.note, 60),
        ]);
    }
    writeln!(output.data(), "{}", table.trim_fmt())?;
    output.note("* is the state now; `rollback SESSION --to-checkpoint TIME` returns to one");
    Ok(())
}
