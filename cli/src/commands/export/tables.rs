//! `export --format parquet`: all sessions as tables.
//!
//! Owns: what is told. `jcode_session_object::tables` writes.
//! Invariant: the exit code is 1 if a session is missing from the tables, 2 if the tables could not be written.

use super::super::many::{catch_interrupts, interrupted};
use super::super::others;
use crate::args::{ExportArgs, TableTexts};
use crate::output::{ExitStatus, Output, count, visible};
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use jcode_session_core::fleet::Texts;
use jcode_session_object::tables::{Export, export as write_tables};
use std::io::Write;
use std::path::PathBuf;

pub(super) fn export(args: &ExportArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    if !args.all || args.output.is_some() || args.store.store.is_some() {
        bail!("tables are of all sessions here, in a folder: `export --format parquet --all --to DIR`");
    }
    let to = args.to.as_deref().context("where to? `--to DIR` names the folder of the tables")?;
    catch_interrupts();
    let roots = settings.roots.iter().cloned().chain(others(settings)).collect();
    let texts = match args.text {
        TableTexts::None => Texts::None,
        TableTexts::Capped => Texts::Capped,
        TableTexts::Full => Texts::Full,
    };
    let what = Export { home: settings.home.clone(), roots, to: folder(to)?, texts };
    let exported = write_tables(&what, &interrupted, &|| ())?;
    for unreadable in &exported.unreadable {
        output.warn(visible(&unreadable.to_string()));
    }
    let is_whole = exported.failed.is_empty() && exported.unreadable.is_empty();
    for error in exported.failed {
        output.error(&error.into());
    }
    let report = exported.report;
    if args.json {
        output.json(&report)?;
    } else {
        for day in report.days.iter().filter(|day| day.written) {
            let (sessions, rows) = (count(day.sessions, "session", "sessions"), count(day.rows, "row", "rows"));
            writeln!(output.data(), "{}  {sessions}, {rows}", day.session_date)?;
        }
        let written = report.days.iter().filter(|day| day.written).count() as u64;
        let days = count(report.days.len() as u64, "day", "days");
        output.note(format!("{written} of {days} written to {}", visible(&what.to.display().to_string())));
    }
    Ok(match (exported.stopped, is_whole) {
        (true, _) => ExitStatus::Failed,
        (false, false) => ExitStatus::Problems,
        (false, true) => ExitStatus::Clean,
    })
}

/// The folder that a word means.
fn folder(to: &str) -> Result<PathBuf> {
    match to.split_once("://") {
        Some(("file", path)) => Ok(PathBuf::from(path)),
        Some((kind, _)) => {
            bail!("tables are written to folders; upload the folder to `{kind}:` with the store's own program")
        }
        None => Ok(PathBuf::from(to)),
    }
}
