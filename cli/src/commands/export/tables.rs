//! `export --format parquet`: all sessions as tables.
//!
//! Owns: what is told. `jcode_session_object::tables` writes.
//! Invariant: the exit code is 1 if a session is missing from the tables, 2 if the tables could not be written.

use super::super::many::{catch_interrupts, interrupted};
use super::super::others;
use super::given_away::{redactor, tell};
use crate::args::{ExportArgs, Redact, TableTexts};
use crate::output::{ExitStatus, Output, count, visible};
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use jcode_session_core::fleet::Texts;
use jcode_session_object::tables::{Export, Target, export as write_tables};
use std::io::Write;

pub(super) fn export(args: &ExportArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    if !args.all || args.output.is_some() || args.store.store.is_some() {
        bail!("tables are of all sessions here, in a folder or a cloud: `export --format parquet --all --to DIR|URL`");
    }
    let to = args.to.as_deref().context("where to? `--to DIR|URL` names the place of the tables")?;
    catch_interrupts();
    let to = Target::open(to)?;
    let url = to.url().to_string();
    let redact = args.redact.unwrap_or(if to.is_remote() { Redact::Rules } else { Redact::Off });
    let what = Export {
        home: settings.home.clone(),
        roots: settings.roots.iter().cloned().chain(others(settings)).collect(),
        texts: texts(args.text, to.is_remote()),
        redactor: redactor(redact)?,
        to,
    };
    let exported = write_tables(what, &interrupted, &|| ())?;
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
        output.note(format!("{written} of {days} written to {}", visible(&url)));
    }
    if redact != Redact::Off && report.days.iter().any(|day| day.written) {
        tell(&exported.left_out.secrets, exported.left_out.images, output);
    }
    Ok(match (exported.stopped, is_whole) {
        (true, _) => ExitStatus::Failed,
        (false, false) => ExitStatus::Problems,
        (false, true) => ExitStatus::Clean,
    })
}

/// Which texts stand in the tables. What leaves the machine has none, unless they are asked for.
fn texts(asked: Option<TableTexts>, is_remote: bool) -> Texts {
    match asked {
        None if is_remote => Texts::None,
        Some(TableTexts::None) => Texts::None,
        None | Some(TableTexts::Capped) => Texts::Capped,
        Some(TableTexts::Full) => Texts::Full,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_leave_the_machine_where_they_are_asked_for() {
        for (asked, is_remote, shown) in [
            (None, false, Texts::Capped),
            (None, true, Texts::None),
            (Some(TableTexts::Capped), true, Texts::Capped),
            (Some(TableTexts::Full), true, Texts::Full),
            (Some(TableTexts::None), false, Texts::None),
        ] {
            assert_eq!(texts(asked, is_remote), shown, "{asked:?}, {is_remote}");
        }
    }
}
