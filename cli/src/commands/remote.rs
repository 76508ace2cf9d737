//! Sessions in an archive, for the commands that read sessions here.
//!
//! Owns: what `list`, `verify`, `search` and `doctor` ask of an archive instead of the home.
//! Invariant: nothing is written. What a machine pushed that cannot be read is warned of, and hides nothing else.

use super::many::interrupted;
use crate::output::{ExitStatus, Output, visible};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_core::catalog::page::Filter;
use jcode_session_core::report::{ListedSession, LogReport};
use jcode_session_native::catalog::names_of_folder;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::search::{Scope, Search, Searched};
use jcode_session_native::session::Session;
use jcode_session_object::remote::RemoteSession;
use jcode_session_object::{Archive, Remote, check};
use std::ffi::OsString;
use std::ops::ControlFlow;
use std::path::Path;

/// Opens the archive that a flag names.
pub(super) fn open(store: Option<&str>, settings: &Settings) -> Result<Remote> {
    Ok(Remote::open(Archive::open(&settings.store(store)?)?, &settings.home)?)
}

/// Warns of commits that cannot be read, and of a store that went back.
pub(super) fn tell_of_troubles(remote: &Remote, output: &mut Output) {
    for trouble in &remote.view().troubles {
        output.warn(visible(&format!("{}: {}", trouble.name, trouble.message)));
    }
}

/// All sessions, newest first.
pub(super) fn listed(remote: &Remote) -> Result<Vec<ListedSession>> {
    let mut listed = Vec::new();
    for session in remote.sessions() {
        let summary = Box::new(remote.summary(&session)?);
        listed.push(ListedSession { path: shown(&session.path), summary });
    }
    listed.sort_by(|a, b| (b.summary.list_time(), &a.path).cmp(&(a.summary.list_time(), &b.path)));
    Ok(listed)
}

/// Verifies these sessions, or all.
pub(super) fn verified(remote: &Remote, asked: &[OsString], output: &mut Output) -> Result<(Vec<LogReport>, bool)> {
    super::many::catch_interrupts();
    let mut failed = false;
    let mut sessions: Vec<RemoteSession> = Vec::new();
    for word in asked {
        match remote.find(&word.to_string_lossy()) {
            Ok(session) => sessions.push(session),
            Err(error) => {
                output.error(&error.into());
                failed = true;
            }
        }
    }
    if asked.is_empty() {
        sessions = remote.sessions();
    }
    let mut reports = Vec::new();
    for session in &sessions {
        let mut tick = |_| if interrupted() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        match check::verify(remote, session, &mut tick) {
            Ok(report) => reports.push(report),
            Err(error) => {
                output.error(&anyhow::Error::from(error).context(shown(&session.path)));
                failed = true;
            }
        }
    }
    Ok((reports, failed))
}

/// How a run over many sessions ended.
pub(super) const fn ended(stopped: bool, problems: bool) -> ExitStatus {
    match (stopped, problems) {
        (true, _) => ExitStatus::Failed,
        (false, true) => ExitStatus::Problems,
        (false, false) => ExitStatus::Clean,
    }
}

/// Searches the sessions in the scope of `search`.
pub(super) fn searched(
    remote: &Remote,
    search: &Search,
    each: &mut dyn FnMut(jcode_session_native::search::Hit) -> ControlFlow<()>,
) -> Result<Searched> {
    let Scope { session, cwd, agent, tag } = &search.scope;
    let sessions = match session {
        Some(word) => vec![remote.find(&word.to_string_lossy())?],
        None => remote.sessions(),
    };
    let mut known = Vec::new();
    for session in sessions {
        let summary = remote.summary(&session)?;
        known.push((session, summary));
    }
    let cwds = || known.iter().filter_map(|(_, summary)| summary.cwd.as_deref());
    let cwd = cwd.as_deref().map(|folder| names_of_folder(folder, cwds()));
    let filter = Filter { cwd, tag: tag.clone(), agent: agent.clone(), ..Filter::default() };
    let passing = known.iter().filter(|(_, summary)| filter.passes(summary));
    let targets = passing.map(|(session, _)| remote.target(session)).collect();
    Ok(search.run_given(targets, &interrupted, each))
}

/// The session that is shown under a path.
pub(super) fn at(remote: &Remote, path: &Path) -> Result<Session> {
    let of_folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    let session = remote.find(&of_folder.to_string_lossy())?;
    Ok(remote.read(&session)?)
}
