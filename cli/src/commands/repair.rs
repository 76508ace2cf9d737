//! `repair`: rewrites a damaged log from its good records.
//!
//! Owns: the printed form. The native store repairs.
//! Invariant: a sound log is left alone, and the output says so. After a repair the output names the exact command that
//! takes it back.

use super::advice::undo_command;
use super::findings::print_findings;
use super::many;
use crate::args::RepairArgs;
use crate::output::{ExitStatus, Output, bytes, count, visible};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_core::store::repair::{PASSES, PASSES_OF_PLAN, Plan};
use jcode_session_native::ops::restore::{self, Follow};
use jcode_session_native::os::path_text::shown;
use jcode_session_native::os::paths;
use std::io::Write;

pub(super) fn repair(args: &RepairArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let log = restore::log_of(&super::resolve(&args.session, settings)?);
    let (passes, doing) = if args.dry_run { (PASSES_OF_PLAN, "planning") } else { (PASSES, "repairing") };
    let progress = output.progress_over(|| Some(passes * restore::len_of(&log)), doing);
    let (plan, follow) = many::watched(&progress, |tick| match args.dry_run {
        true => restore::plan_repair(&log, tick).map(|plan| (plan, Follow::UpToDate)),
        false => restore::repair(&log, tick),
    })?;
    let name = visible(&shown(&log));
    if plan.is_nothing() {
        writeln!(output.data(), "{name}: nothing is wrong with the log; it was left alone")?;
        return Ok(ExitStatus::Clean);
    }
    let verb = if args.dry_run { "would repair" } else { "repaired" };
    writeln!(output.data(), "{verb} {name}: {}", what(&plan))?;
    let all_in = if args.dry_run { "; `verify --json` lists all" } else { "" };
    print_findings(&plan.findings, all_in, output)?;
    if let Some(path) = &plan.set_aside {
        let kept = paths::store(&log).join(path);
        writeln!(output.data(), "  the old log of {} is kept in {}", bytes(plan.from_len), visible(&shown(&kept)))?;
        writeln!(output.data(), "  to take this back: {}", undo_command(&log))?;
    }
    if follow == Follow::Later {
        output.note("the sidecar is rebuilt when the session is opened next; until then reads go to the log");
    }
    Ok(ExitStatus::Clean)
}

fn what(plan: &Plan) -> String {
    let findings = count(plan.findings.len() as u64, "finding", "findings");
    let entries = count(plan.entries, "entry", "entries");
    let restored = match plan.restored {
        0 => String::new(),
        n => format!(", {n} of them from quarantine"),
    };
    let mended = match plan.mended {
        0 => String::new(),
        n => format!(", {} mended", count(n, "unreadable record", "unreadable records")),
    };
    format!("{findings}, {entries} kept{restored}{mended}")
}
