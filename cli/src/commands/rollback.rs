//! `rollback`: returns a session to an earlier state, and takes that back.
//!
//! Owns: the printed plan and result. The native store rolls back.
//! Invariant: the result of a rollback names the exact command that takes it back.

use super::advice::undo_command;
use super::many;
use crate::args::RollbackArgs;
use crate::output::{ExitStatus, Output, Progress, bytes, count, visible};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_core::store::history::How;
use jcode_session_core::store::{rollback as back, undo as forth};
use jcode_session_native::ops::restore::{self, Follow};
use jcode_session_native::os::path_text;
use jcode_session_native::os::paths;
use std::io::Write;
use std::path::Path;

pub(super) fn rollback(args: &RollbackArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let log = restore::log_of(&super::resolve(&args.session, settings)?);
    if args.undo {
        return undo(args, &log, output);
    }
    let to_ms = args.to_checkpoint;
    if args.dry_run {
        let plan = many::watched(&counted(output, "planning"), |tick| restore::plan_rollback(&log, to_ms, tick))?;
        if plan.is_there {
            return is_there(&plan, output);
        }
        writeln!(output.data(), "would return {} to {}", shown(&log), state(&plan))?;
        writeln!(output.data(), "  {}", taken_out(&plan))?;
        if plan.finishes {
            writeln!(output.data(), "  this finishes a rollback that was interrupted")?;
        }
        return Ok(ExitStatus::Clean);
    }
    let progress = counted(output, "returning");
    let (plan, follow) = many::watched(&progress, |tick| restore::rollback(&log, to_ms, tick))?;
    if plan.is_there {
        return is_there(&plan, output);
    }
    writeln!(output.data(), "returned {} to {}", shown(&log), state(&plan))?;
    writeln!(output.data(), "  {}{}", taken_out(&plan), kept(&log, plan.set_aside.as_deref()))?;
    writeln!(output.data(), "  to take this back: {}", undo_command(&log))?;
    tell(follow, output);
    Ok(ExitStatus::Clean)
}

/// Which bytes are read depends on the state to return to, so they are counted without a total.
fn counted(output: &Output, what: &str) -> Progress {
    output.progress_over(|| None, what)
}

fn undo(args: &RollbackArgs, log: &Path, output: &mut Output) -> Result<ExitStatus> {
    if args.dry_run {
        let plan = many::watched(&counted(output, "planning"), |tick| restore::plan_undo(log, args.force, tick))?;
        writeln!(output.data(), "would take back the {} of {}", plan.event, visible(&plan.timestamp))?;
        writeln!(output.data(), "  {}", put_back(log, &plan))?;
        return Ok(ExitStatus::Clean);
    }
    let progress = counted(output, "taking back");
    let (plan, follow) = many::watched(&progress, |tick| restore::undo(log, args.force, tick))?;
    writeln!(output.data(), "took back the {} of {}", plan.event, visible(&plan.timestamp))?;
    writeln!(output.data(), "  {}{}", put_back(log, &plan), kept(log, plan.set_aside.as_deref()))?;
    tell(follow, output);
    Ok(ExitStatus::Clean)
}

fn is_there(plan: &back::Plan, output: &mut Output) -> Result<ExitStatus> {
    writeln!(output.data(), "nothing to do: the session is in the state of {} already", visible(&plan.timestamp))?;
    Ok(ExitStatus::Clean)
}

fn state(plan: &back::Plan) -> String {
    format!("its state of {} ({}, {})", visible(&plan.timestamp), visible(&plan.note), bytes(plan.to_len))
}

fn taken_out(plan: &back::Plan) -> String {
    match (&plan.how, plan.records) {
        (How::Cut, records) => format!(
            "{} ({}) leave the log",
            count(records.unwrap_or_default(), "entry", "entries"),
            bytes(plan.from_len.saturating_sub(plan.to_len))
        ),
        (How::File(_), _) => format!("the log of {} is replaced by the original", bytes(plan.from_len)),
        (How::SetAside { .. }, _) => {
            format!("the log of {} is replaced by the one from before its repair", bytes(plan.from_len))
        }
        (How::Gone, _) => {
            format!("the log of {} goes; the files that it was migrated from are read again", bytes(plan.from_len))
        }
    }
}

fn put_back(log: &Path, plan: &forth::Plan) -> String {
    let appended = match plan.appended {
        0 => String::new(),
        n => format!(", {} that were appended since are set aside", bytes(n)),
    };
    format!("{} has {} again{appended}", shown(log), bytes(plan.to_len))
}

fn kept(log: &Path, set_aside: Option<&str>) -> String {
    set_aside.map_or_else(String::new, |path| format!(", kept in {}", shown(&paths::store(log).join(path))))
}

fn tell(follow: Follow, output: &mut Output) {
    if follow == Follow::Later {
        output.note("the sidecar is rebuilt when the session is opened next; until then reads go to the log");
    }
}

fn shown(path: &Path) -> String {
    visible(&path_text::shown(path))
}
