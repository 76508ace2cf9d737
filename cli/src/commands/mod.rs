//! One function a command.
//!
//! Owns: dispatch, and what commands share: running many sessions on all cores, interruption.
//! Invariant: a command returns its exit status; only the binary ends the process.
//! Does not: read or write sessions; that is the native host's.

mod append;
mod checkpoints;
mod fork;
mod many;
mod migrate;
mod render;
mod repair;
mod rollback;
mod show;
mod tree;
mod verify;

use crate::args::{Cli, SessionArgs, SessionCommand};
use crate::output::{ExitStatus, Output, is_closed_pipe};
use crate::settings::Settings;
use anyhow::{Context, Result};
use clap::CommandFactory;
use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;

/// Runs a parsed command and prints what it has to say, errors included.
#[must_use]
pub fn run(args: &SessionArgs) -> ExitStatus {
    let settings = Settings::resolve(&args.global);
    let mut output = Output::new(&args.global);
    let result = dispatch(&args.command, &settings, &mut output).and_then(|status| {
        output.flush()?;
        Ok(status)
    });
    match result {
        Ok(status) => status,
        Err(error) if is_closed_pipe(&error) => ExitStatus::Clean,
        Err(error) => {
            // What was printed so far is data; a failed flush has been reported by then.
            let _ = output.flush();
            output.error(&error);
            ExitStatus::Failed
        }
    }
}

fn dispatch(command: &SessionCommand, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    match command {
        SessionCommand::Migrate(args) => migrate::migrate(args, settings, output),
        SessionCommand::Verify(args) => verify::verify(args, settings, output),
        SessionCommand::Tree(args) => tree::tree(args, settings, output),
        SessionCommand::Show(args) => show::show(args, settings, output),
        SessionCommand::Append(args) => append::append(args, settings, output),
        SessionCommand::Label(args) => append::label(args, settings, output),
        SessionCommand::Fork(args) => fork::fork(args, settings, output),
        SessionCommand::Checkpoints(args) => checkpoints::checkpoints(args, settings, output),
        SessionCommand::Rollback(args) => rollback::rollback(args, settings, output),
        SessionCommand::Repair(args) => repair::repair(args, settings, output),
        SessionCommand::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "jcode-session", &mut script);
            output.data().write_all(&script)?;
            Ok(ExitStatus::Clean)
        }
        SessionCommand::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            output.data().write_all(&page)?;
            Ok(ExitStatus::Clean)
        }
    }
}

/// The log that SESSION means.
fn resolve(session: &OsStr, settings: &Settings) -> Result<PathBuf> {
    jcode_session_native::discover::resolve(session, &settings.roots).with_context(|| {
        let roots: Vec<String> = settings.roots.iter().map(|root| root.display().to_string()).collect();
        format!("looked in {}", roots.join(", "))
    })
}
