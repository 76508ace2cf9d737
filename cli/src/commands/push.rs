//! `push`: sessions into an archive.
//!
//! Owns: which sessions are meant, and the printed form.
//! Invariant: the exit code is 1 if a session failed or has another history there, 2 if nothing could be pushed.

use super::many::{catch_interrupts, interrupted};
use super::remote;
use crate::args::PushArgs;
use crate::output::{ExitStatus, Output, bytes, count, style, visible};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_core::report::{PushAction, PushReport, PushedSession};
use jcode_session_object::Archive;
use jcode_session_object::push::{Push, push as push_to};
use std::io::Write;

pub(super) fn push(args: &PushArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    catch_interrupts();
    let mut archive = Archive::open(&settings.store(args.store.as_deref())?)?;
    let only = match args.sessions.as_slice() {
        [] => None,
        words => Some(words.iter().map(|word| super::resolve(word, settings)).collect::<Result<_>>()?),
    };
    let what = Push { home: settings.home.clone(), roots: settings.roots.clone(), only, dry_run: args.dry_run };
    let pushed = push_to(&mut archive, &what, &interrupted, &|| ())?;
    for warning in &pushed.warnings {
        output.warn(visible(warning));
    }
    let report = pushed.report;
    if args.json {
        output.json(&report)?;
    } else {
        report.sessions.iter().try_for_each(|session| print(session, output))?;
        summary(&report, output);
    }
    let is_problem = |session: &PushedSession| matches!(session.action, PushAction::Failed | PushAction::Diverged);
    let problems = report.sessions.iter().any(is_problem) || !pushed.warnings.is_empty();
    Ok(remote::ended(pushed.stopped, problems))
}

fn print(session: &PushedSession, output: &mut Output) -> Result<()> {
    let (style, word) = match session.action {
        PushAction::UpToDate => return Ok(()),
        PushAction::Pushed => (style::GOOD, "pushed"),
        PushAction::Diverged => (style::WARNING, "diverged"),
        PushAction::Failed => (style::BAD, "failed"),
    };
    let style = output.style(style);
    write!(output.data(), "{style}{word:<8}{style:#} {}", visible(&session.path))?;
    if session.pieces > 0 {
        write!(output.data(), " ({}, {})", count(session.pieces, "object", "objects"), bytes(session.bytes))?;
    }
    if let Some(reason) = &session.reason {
        write!(output.data(), ": {}", visible(reason))?;
    }
    writeln!(output.data())?;
    Ok(())
}

fn summary(report: &PushReport, output: &mut Output) {
    let of = |action| report.sessions.iter().filter(|session| session.action == action).count() as u64;
    let (all, stored) = (report.sessions.len() as u64, report.sessions.iter().map(|session| session.bytes).sum());
    let would = if report.dry_run { "would be " } else { "" };
    let commit = report.commit.map(|n| format!(", commit {n} of machine {}", report.machine)).unwrap_or_default();
    output.note(format!(
        "{} of {}: {would}pushed {} ({}){commit}",
        count(of(PushAction::Pushed) + of(PushAction::Diverged), "session", "sessions"),
        all,
        count(report.sessions.iter().map(|session| session.pieces).sum(), "object", "objects"),
        bytes(stored),
    ));
}
