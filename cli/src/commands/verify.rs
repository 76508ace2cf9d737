//! `verify`: checks logs, sidecars and stores.
//!
//! Owns: the choice of logs, and the printed report. `jcode_session_native::ops::verify` verifies.
//! Invariant: a log that cannot be read does not stop the others.

use super::findings::print_findings;
use super::many;
use crate::args::VerifyArgs;
use crate::output::{ExitStatus, Output, count, style, visible};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_core::report::{LogReport, VerifyReport};
use jcode_session_native::ops::verify::verify as verify_one;
use jcode_session_native::os::path_text::plain;
use jcode_session_native::session::discover::find_logs;
use std::io::Write;
use std::path::PathBuf;

pub(super) fn verify(args: &VerifyArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let (reports, unreadable) = verified(args, settings, output)?;
    let report = VerifyReport::new(reports);
    if args.json {
        output.json(&report)?;
    } else {
        report.logs.iter().try_for_each(|log| print(log, output))?;
        summary(&report, output);
    }
    Ok(match report.ok {
        _ if unreadable || many::interrupted() => ExitStatus::Failed,
        true => ExitStatus::Clean,
        false => ExitStatus::Problems,
    })
}

/// The reports, and whether something that was named could not be read.
fn verified(args: &VerifyArgs, settings: &Settings, output: &mut Output) -> Result<(Vec<LogReport>, bool)> {
    #[cfg(feature = "store")]
    if let Some(store) = &args.store.store {
        let remote = super::remote::open(Some(store), settings)?;
        super::remote::tell_of_troubles(&remote, output);
        let (reports, failed) = super::remote::verified(&remote, &args.paths, output)?;
        return Ok((reports, failed || !remote.view().troubles.is_empty()));
    }
    let (logs, mut unreadable) = choose(args, settings, output);
    let progress = output.progress(&logs, "verifying");
    let results = many::for_each(&logs, &progress, |log, tick| verify_one(log, tick));
    progress.finish();
    let mut reports = Vec::new();
    for result in results.into_iter().flatten() {
        match result {
            Ok(report) => reports.push(report),
            Err(error) => {
                output.error(&error.into());
                unreadable = true;
            }
        }
    }
    Ok((reports, unreadable))
}

/// The logs to verify, and whether something that was named could not be read.
fn choose(args: &VerifyArgs, settings: &Settings, output: &mut Output) -> (Vec<PathBuf>, bool) {
    let mut logs = Vec::new();
    let mut unreadable = false;
    for asked in &args.paths {
        let path = &plain(asked.into());
        if path.is_dir() {
            match find_logs(path) {
                Ok(found) => {
                    for problem in found.unreadable {
                        output.warn(visible(&problem.to_string()));
                        unreadable = true;
                    }
                    if found.logs.is_empty() {
                        output.warn(format!("no session logs (*.jsonl) below {}", path.display()));
                    }
                    logs.extend(found.logs);
                }
                Err(error) => {
                    output.error(&error.into());
                    unreadable = true;
                }
            }
        } else {
            match super::resolve(asked, settings) {
                Ok(log) => logs.push(log),
                Err(error) => {
                    output.error(&error);
                    unreadable = true;
                }
            }
        }
    }
    logs.sort_unstable();
    logs.dedup();
    (logs, unreadable)
}

fn print(log: &LogReport, output: &mut Output) -> Result<()> {
    let (style, word) = if log.ok { (style::GOOD, "ok") } else { (style::BAD, "bad") };
    let style = output.style(style);
    let dialect = log.dialect.map_or("-", jcode_session_core::log::Dialect::name);
    writeln!(
        output.data(),
        "{style}{word:<4}{style:#} {} ({dialect}, {}, sidecar {})",
        visible(&log.path),
        count(log.entry_count, "entry", "entries"),
        log.sidecar
    )?;
    print_findings(&log.findings, "; `--json` lists all", output)
}

fn summary(report: &VerifyReport, output: &mut Output) {
    if report.logs.is_empty() {
        return;
    }
    let bad = report.logs.iter().filter(|log| !log.ok).count();
    let logs = count(report.logs.len() as u64, "log", "logs");
    if bad == 0 {
        output.note(format!("{logs} verified, no errors"));
    } else {
        output.note(format!("{logs} verified, {bad} with errors"));
    }
}
