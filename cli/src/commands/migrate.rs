//! `migrate`: upgrades logs and builds sidecars.
//!
//! Owns: choice of sessions, sessions that are in use, the words. The search index follows where a folder was migrated. Invariant: a failing session stops no other.
//! Does not: migrate; see `jcode_session_native::ops::migrate`.

use super::many;
use crate::args::MigrateArgs;
use crate::output::{ExitStatus, Output, bytes, count, style, visible};
use crate::settings::Settings;
use anyhow::{Context, Result};
use jcode_session_core::report::{MigrateAction, MigrateReport, MigratedSession};
use jcode_session_native::catalog::Catalog;
use jcode_session_native::ops::migrate::{Batch, Options, dialect_of, end, migrate_in};
use jcode_session_native::os::host;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::os::paths;
use jcode_session_native::search::index;
use jcode_session_native::session::discover::find_logs;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(super) fn migrate(args: &MigrateArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let logs = choose(args, settings, output)?;
    let options = Options { dry_run: args.dry_run, force: args.force };
    let progress = output.progress(&logs, if args.dry_run { "planning" } else { "migrating" });
    let batch = Batch::default();
    let mut results = many::for_each(&logs, &progress, |log, tick| {
        if !args.include_active && is_active(log, settings) {
            return left_alone(log, "a running process has it open; `--include-active` takes it too");
        }
        migrate_in(&batch, log, options, tick)
    });
    for (log, session) in end(batch) {
        if let Some(result) = logs.iter().position(|one| *one == log).and_then(|at| results.get_mut(at)) {
            *result = Some(session);
        }
    }
    progress.finish();
    if !args.dry_run {
        index(args, settings, output);
    }
    let sessions = logs.iter().zip(results).map(|(log, result)| match result {
        Some(session) => session,
        None => left_alone(log, "interrupted before its turn"),
    });
    let report = MigrateReport::new(args.dry_run, sessions.collect());
    if args.json {
        output.json(&report)?;
    } else {
        print(&report, output)?;
    }
    Ok(match report.counts.failed {
        _ if many::interrupted() => ExitStatus::Failed,
        0 => ExitStatus::Clean,
        _ => ExitStatus::Problems,
    })
}

/// Brings the search index up to what all these sessions are now. Without it searches find the same.
fn index(args: &MigrateArgs, settings: &Settings, output: &mut Output) {
    let roots = match (&args.path, &args.session) {
        (Some(path), _) if path.is_dir() => vec![path.clone()],
        (None, None) => settings.roots.clone(),
        _ => return,
    };
    let catalog = Catalog::new(&settings.home, &roots);
    if let Err(error) = index::update(&settings.home, &catalog, &|| !many::interrupted()) {
        let folder = index::folder(&settings.home);
        output.note(format!("the search index in {} cannot be written ({error}); searches read all", folder.display()));
    }
}

fn choose(args: &MigrateArgs, settings: &Settings, output: &mut Output) -> Result<Vec<PathBuf>> {
    if let Some(session) = &args.session {
        return Ok(vec![super::resolve(session, settings)?]);
    }
    let roots = args.path.as_ref().map_or_else(|| settings.roots.clone(), |path| vec![path.clone()]);
    let mut logs = Vec::new();
    for root in &roots {
        if args.path.is_none() && settings.roots.len() == 1 && !root.exists() {
            output.note(format!("there are no sessions yet at {}", root.display()));
            continue;
        }
        let found = find_logs(root).context("nothing was migrated")?;
        for unreadable in found.unreadable {
            output.warn(visible(&unreadable.to_string()));
        }
        if found.logs.is_empty() {
            output.note(format!("no session logs (*.jsonl) below {}", root.display()));
        }
        logs.extend(found.logs);
    }
    logs.sort_unstable();
    logs.dedup();
    Ok(logs)
}

/// Whether a running jcode has the session open, or waits for an answer in it: `<home>/active_pids/<id>` or
/// `streaming_pids/<id>` holds the number of a living process.
pub(super) fn is_active(log: &Path, settings: &Settings) -> bool {
    let id = paths::stem(log);
    if !paths::is_session_id(&id) {
        return false;
    }
    ["active_pids", "streaming_pids"].iter().any(|held| host::is_alive_by(&settings.home.join(held).join(&id)))
}

fn left_alone(log: &Path, reason: &str) -> MigratedSession {
    MigratedSession {
        path: shown(log),
        dialect: dialect_of(log),
        action: MigrateAction::Skipped,
        entry_count: 0,
        bytes_needed: 0,
        reason: Some(reason.to_string()),
    }
}

fn print(report: &MigrateReport, output: &mut Output) -> Result<()> {
    for session in &report.sessions {
        let (style, word) = match session.action {
            MigrateAction::Upgrade => (style::GOOD, "upgrade"),
            MigrateAction::Index => (style::GOOD, "index"),
            MigrateAction::UpToDate => continue,
            MigrateAction::Skipped => (style::WARNING, "skip"),
            MigrateAction::Failed => (style::BAD, "fail"),
        };
        let style = output.style(style);
        let dialect = session.dialect.map_or("-", jcode_session_core::log::Dialect::name);
        let path = visible(&session.path);
        write!(output.data(), "{style}{word:<8}{style:#} {dialect:<10} {path}")?;
        match &session.reason {
            Some(reason) => writeln!(output.data(), ": {}", visible(reason))?,
            None => writeln!(
                output.data(),
                " ({}, {})",
                count(session.entry_count, "entry", "entries"),
                bytes(session.bytes_needed)
            )?,
        }
    }
    let counts = &report.counts;
    let mut parts = Vec::new();
    let would = if report.dry_run { "would be " } else { "" };
    for (n, word) in [(counts.upgrade, "upgraded"), (counts.index, "indexed")] {
        if n > 0 {
            parts.push(format!("{n} {would}{word}"));
        }
    }
    for (n, word) in [(counts.up_to_date, "up to date"), (counts.skipped, "skipped"), (counts.failed, "failed")] {
        if n > 0 {
            parts.push(format!("{n} {word}"));
        }
    }
    let needed: u64 = report.sessions.iter().map(|session| session.bytes_needed).sum();
    let sessions = count(report.sessions.len() as u64, "session", "sessions");
    output.note(format!("{sessions}: {}", if parts.is_empty() { "nothing to do".into() } else { parts.join(", ") }));
    if report.dry_run && needed > 0 {
        output.note(format!("the run needs {} of disk; run it without `--dry-run`", bytes(needed)));
    } else if counts.upgrade > 0 {
        output.note("the original bytes are kept under <log>.store/checkpoints");
    }
    Ok(())
}
