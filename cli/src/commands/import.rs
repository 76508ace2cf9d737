//! `import`: makes a session of another agent one of ours.
//!
//! Owns: resolving the session, and the output, which is the id of the import. `jcode_session_native::ops::import`
//! imports.
//! Invariant: the import goes into `<home>/sessions`, wherever the session was found.

use super::many;
use crate::args::ImportArgs;
use crate::output::{ExitStatus, Output, count, visible};
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use jcode_session_native::ops::import::import as import_session;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::session::kind;
use std::io::Write;

pub(super) fn import(args: &ImportArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let source = super::resolve(&args.session, settings)?;
    if let Some(agent) = &args.agent {
        let dialect = kind::judge(&source)?.map(|detected| detected.dialect);
        if dialect.is_none_or(|dialect| dialect.name() != agent) {
            bail!("{} is no session of `{agent}`", source.display());
        }
    }
    let progress = output.progress(std::slice::from_ref(&source), "importing");
    let sessions = settings.home.join("sessions");
    let imported = many::watched(&progress, |tick| import_session(&source, &sessions, tick));
    let imported = imported.context("nothing was imported")?;
    writeln!(output.data(), "{}", imported.session_id)?;
    let entries = count(imported.entries, "entry", "entries");
    let path = shown(&imported.log);
    output.note(visible(&match (imported.is_new, imported.entries) {
        (true, _) => format!("{path}: {entries}"),
        (false, 0) => format!("{path}: up to date"),
        (false, _) => format!("{path}: {entries} more"),
    }));
    Ok(ExitStatus::Clean)
}
