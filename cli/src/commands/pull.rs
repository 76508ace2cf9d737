//! `pull`: sessions from an archive.
//!
//! Owns: which sessions are meant, and the printed form.
//! Invariant: the exit code is 1 if a session failed or has several histories, 2 if nothing could be pulled.

use super::many::{catch_interrupts, interrupted};
use super::remote;
use crate::args::PullArgs;
use crate::output::{ExitStatus, Output, bytes, count, style, visible};
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use jcode_session_core::report::{PullAction, PullReport, PulledSession};
use jcode_session_native::ops::fork::fork_into;
use jcode_session_native::os::folders;
use jcode_session_object::Archive;
use jcode_session_object::pull::{Pull, pull as pull_from};
use jcode_session_object::remote::FindError;
use std::io::Write;

pub(super) fn pull(args: &PullArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    catch_interrupts();
    let url = settings.store(args.store.as_deref())?;
    if args.fork {
        return fork(args, &url, settings, output);
    }
    let mut machine = args.machine.clone();
    let only = if args.all { None } else { Some(ids(args, &url, &mut machine, settings)?) };
    let (home, roots) = (settings.home.clone(), settings.roots.clone());
    let what = Pull { home, roots, only, machine, dry_run: args.dry_run };
    let pulled = pull_from(Archive::open(&url)?, &what, &interrupted, &|| ())?;
    for warning in &pulled.warnings {
        output.warn(visible(warning));
    }
    let report = pulled.report;
    if args.json {
        output.json(&report)?;
    } else {
        report.sessions.iter().try_for_each(|session| print(session, output))?;
        summary(&report, output);
    }
    let is_problem = |session: &PulledSession| matches!(session.action, PullAction::Failed | PullAction::Diverged);
    let problems = report.sessions.iter().any(is_problem) || !pulled.warnings.is_empty();
    Ok(remote::ended(pulled.stopped, problems))
}

/// Makes a new session of each, and prints its id, as `fork` does here.
fn fork(args: &PullArgs, url: &str, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let remote = remote::open(Some(url), settings)?;
    let folder = settings.roots.first().context("there is no sessions folder to pull into")?;
    for word in &args.sessions {
        let word = args.machine.as_ref().map_or_else(|| word.clone(), |machine| format!("{word}@{machine}"));
        let session = remote.read(&remote.find(&word)?)?;
        folders::make_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let forked = fork_into(&session, None, folder)?;
        writeln!(output.data(), "{}", forked.session_id)?;
        output.note(format!("{} is a new session from {}", visible(&forked.log.display().to_string()), visible(&word)));
    }
    Ok(ExitStatus::Clean)
}

/// The ids in the store that the words mean. One with a machine asks for that one's history.
fn ids(args: &PullArgs, url: &str, machine: &mut Option<String>, settings: &Settings) -> Result<Vec<String>> {
    let remote = remote::open(Some(url), settings)?;
    let mut ids = Vec::new();
    for word in &args.sessions {
        if let Some((_, named)) = word.split_once('@') {
            if args.sessions.len() > 1 || args.machine.is_some() {
                bail!("`{word}` names a machine: pull it alone, without --machine");
            }
            *machine = Some(named.to_string());
        }
        let id = match (remote.find(word), &*machine) {
            (Ok(found), _) => found.head.id,
            // Which of its histories is told by the flag, or by the report.
            (Err(FindError::Diverged { ids }), _) => {
                ids.first().map_or_else(|| word.clone(), |id| id.split('@').next().unwrap_or_default().to_string())
            }
            (Err(error), _) => return Err(error.into()),
        };
        ids.push(id);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

fn print(session: &PulledSession, output: &mut Output) -> Result<()> {
    let (style, word) = match session.action {
        PullAction::UpToDate => return Ok(()),
        PullAction::Pulled => (style::GOOD, "pulled"),
        PullAction::Ahead => (style::FAINT, "ahead"),
        PullAction::Diverged => (style::WARNING, "diverged"),
        PullAction::Failed => (style::BAD, "failed"),
    };
    let style = output.style(style);
    let what = session.path.as_deref().unwrap_or(&session.session_id);
    write!(output.data(), "{style}{word:<8}{style:#} {}", visible(what))?;
    if let (PullAction::Pulled, Some(machine)) = (session.action, &session.machine) {
        write!(output.data(), " ({}, from {})", bytes(session.bytes), visible(machine))?;
    }
    if let Some(reason) = &session.reason {
        write!(output.data(), ": {}", visible(reason))?;
    }
    writeln!(output.data())?;
    Ok(())
}

fn summary(report: &PullReport, output: &mut Output) {
    let pulled = report.sessions.iter().filter(|session| session.action == PullAction::Pulled);
    let (number, read) = (pulled.clone().count() as u64, pulled.map(|session| session.bytes).sum());
    let would = if report.dry_run { "would be " } else { "" };
    let of = report.sessions.len();
    output.note(format!("{} of {of} {would}pulled ({})", count(number, "session", "sessions"), bytes(read)));
}
