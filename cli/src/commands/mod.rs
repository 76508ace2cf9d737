//! One function per command. The native host reads and writes sessions.
//!
//! Owns: dispatch, and what commands share: running many sessions on all cores, interruption.
//! Invariant: a command returns its exit status; only the binary ends the process.

mod advice;
mod append;
mod checkpoints;
mod doctor;
mod du;
mod export;
mod findings;
mod follow;
mod fork;
mod hit_lines;
mod import;
mod inspect;
mod list;
mod man;
mod many;
#[cfg(feature = "mcp")]
mod mcp;
mod migrate;
#[cfg(feature = "pick")]
mod pick;
mod place;
mod prune;
#[cfg(feature = "store")]
mod pull;
#[cfg(feature = "store")]
mod push;
#[cfg(feature = "store")]
mod remote;
mod rename;
mod repair;
mod rollback;
mod seal;
mod search;
mod short_ids;
mod show;
mod tag;
mod tree;
mod tree_lines;
mod verify;
mod writes;

use crate::args::{AnyCommand, Cli, DoctorArgs, GlobalArgs, RenameArgs, SessionArgs, SessionCommand};
#[cfg(feature = "mcp")]
use crate::output::Kept;
use crate::output::{ExitStatus, Output, is_closed_pipe, visible};
use crate::settings::Settings;
use anyhow::{Result, anyhow, bail};
use clap::CommandFactory;
use jcode_session_native::catalog::{Catalog, FindError, written_down};
use jcode_session_native::os::path_text::shown;
use jcode_session_native::os::paths;
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Runs a parsed command and prints its output, errors included.
#[must_use]
pub fn run(args: &SessionArgs) -> ExitStatus {
    match &args.command {
        AnyCommand::Session(command) => run_command(command, &args.global),
        AnyCommand::Rename(args_of) => run_rename(args_of, &args.global),
    }
}

/// Runs a command for a program that mounts it beside its own commands, with that program's `global` flags.
#[must_use]
pub fn run_command(command: &SessionCommand, global: &GlobalArgs) -> ExitStatus {
    with_output(global, writes::writes(command), |settings, output| dispatch(command, settings, output))
}

/// Runs `rename` for a program that mounts it.
#[must_use]
pub fn run_rename(args: &RenameArgs, global: &GlobalArgs) -> ExitStatus {
    with_output(global, true, |settings, output| rename::rename(args, settings, output))
}

/// Runs `doctor` for a program that mounts it beside its own commands.
#[must_use]
pub fn run_doctor(args: &DoctorArgs, global: &GlobalArgs) -> ExitStatus {
    with_output(global, args.fix, |settings, output| doctor::doctor(args, settings, output))
}

/// Runs a command for who answers in its place: returns its exit status and what it printed, at most `limit` bytes of
/// data.
#[cfg(feature = "mcp")]
pub(crate) fn answer(command: &SessionCommand, settings: &Settings, limit: usize) -> (ExitStatus, Kept) {
    let mut output = Output::kept(limit);
    let status = printed(dispatch(command, settings, &mut output), &mut output);
    (status, output.into_kept())
}

fn with_output(
    global: &GlobalArgs,
    writes: bool,
    command: impl FnOnce(&Settings, &mut Output) -> Result<ExitStatus>,
) -> ExitStatus {
    let settings = Settings::resolve(global);
    let mut output = Output::new(global, settings.color, settings.pager.clone());
    let ready = ready(&settings, writes, &mut output);
    printed(ready.and_then(|()| command(&settings, &mut output)), &mut output)
}

/// Tells of mistakes in the settings file, and of folders that are not there, in which nothing will be found. Who writes
/// must not do so with less than was set, and may make the folders.
fn ready(settings: &Settings, writes: bool, output: &mut Output) -> Result<()> {
    if !writes {
        let missing = settings.missing().map(|folder| format!("there is no folder {}", shown(folder)));
        missing.for_each(|text| output.warn(visible(&text)));
    }
    match settings.mistakes() {
        [] => Ok(()),
        mistakes if writes => bail!("{}; nothing was written", mistakes.join("; ")),
        mistakes => {
            mistakes.iter().for_each(|mistake| output.warn(visible(mistake)));
            Ok(())
        }
    }
}

/// Prints what is left of a command's output, and its error.
fn printed(result: Result<ExitStatus>, output: &mut Output) -> ExitStatus {
    let result = result.and_then(|status| {
        output.flush()?;
        Ok(status)
    });
    output.end_paging();
    match result {
        Ok(status) => status,
        Err(error) if is_closed_pipe(&error) => ExitStatus::Clean,
        Err(error) => {
            // The output so far is data, so flush it. A failed flush was already reported.
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
        SessionCommand::List(args) => list::list(args, settings, output),
        #[cfg(feature = "pick")]
        SessionCommand::Pick(args) => pick::pick(args, settings, output),
        SessionCommand::Du(args) => du::du(args, settings, output),
        SessionCommand::Search(args) => search::search(args, settings, output),
        SessionCommand::Tag(args) => tag::tag(args, settings, output),
        SessionCommand::Doctor(args) => doctor::doctor(args, settings, output),
        SessionCommand::Append(args) => append::append(args, settings, output),
        SessionCommand::Label(args) => append::label(args, settings, output),
        SessionCommand::Fork(args) => fork::fork(args, settings, output),
        SessionCommand::Import(args) => import::import(args, settings, output),
        SessionCommand::Export(args) => export::export(args, settings, output),
        SessionCommand::Checkpoints(args) => checkpoints::checkpoints(args, settings, output),
        SessionCommand::Rollback(args) => rollback::rollback(args, settings, output),
        SessionCommand::Repair(args) => repair::repair(args, settings, output),
        SessionCommand::Seal(args) => seal::seal(args, settings, output),
        SessionCommand::Prune(args) => prune::prune(args, settings, output),
        #[cfg(feature = "store")]
        SessionCommand::Push(args) => push::push(args, settings, output),
        #[cfg(feature = "store")]
        SessionCommand::Pull(args) => pull::pull(args, settings, output),
        SessionCommand::Inspect(args) => inspect::inspect(args, settings, output),
        #[cfg(feature = "mcp")]
        SessionCommand::Mcp => mcp::mcp(settings),
        SessionCommand::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "jcode-session", &mut script);
            output.data().write_all(&script)?;
            Ok(ExitStatus::Clean)
        }
        SessionCommand::Man(args) => man::man(args, output),
    }
}

/// Pages what follows, if it goes to a terminal. Ctrl-C is then the pager's.
fn page(output: &mut Output) {
    if output.page() {
        many::catch_interrupts();
    }
}

/// Warns if the log had to answer in place of its sidecar. A reader writes nothing, so it cannot mend the sidecar.
fn tell_of_sidecar(log: &Path, was_contradicted: bool, output: &mut Output) {
    if was_contradicted {
        output.warn(format!(
            "{} says something else than its log, which answered instead; `{}` rebuilds it",
            visible(&paths::sidecar(log).display().to_string()),
            advice::rebuild_command(log)
        ));
    }
}

/// The folders of other agents, with what is written down of databases.
fn others(settings: &Settings) -> Vec<PathBuf> {
    let written = written_down(&settings.home, &settings.databases);
    settings.others.iter().cloned().chain(written).collect()
}

/// The log that SESSION means.
fn resolve(session: &OsStr, settings: &Settings) -> Result<PathBuf> {
    let found = match Catalog::new(&settings.home, &settings.roots).find(session) {
        // Of other agents there may be many, and large ones: they are looked through last.
        Err(FindError::NotFound(_)) if !settings.others.is_empty() || !settings.databases.is_empty() => {
            Catalog::new(&settings.home, &others(settings)).find(session)
        }
        found => found,
    };
    found.map_err(|error| match error {
        FindError::NotFound(_) => {
            let roots = settings.roots.iter().chain(&settings.others);
            let roots: Vec<String> = roots.map(|root| root.display().to_string()).collect();
            anyhow!("{error}; looked in {}", roots.join(", "))
        }
        other => other.into(),
    })
}
