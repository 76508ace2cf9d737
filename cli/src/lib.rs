//! The commands of jcode-session, for the stand-alone binary and for programs that mount them.
//!
//! A program with a clap command line of its own adds [`args::SessionArgs`] as a subcommand and hands what was parsed
//! to [`run`]; [`args::DoctorArgs`] can be mounted beside it ([`run_doctor`]). Data goes to standard output, everything else to standard error; the exit status comes back as a
//! value, so that the mounting program stays in control of its process.
//!
//! Layers: [`args`] is what was typed, [`settings`] what that means here, [`commands`] one function a command,
//! [`output`] the only place that prints. [`serve`] hands the inspector page and a session to a browser.

pub mod args;
pub mod commands;
pub mod output;
pub mod serve;
pub mod settings;
mod transcript;
mod when;

pub use commands::{run, run_command, run_doctor, run_rename};
pub use output::ExitStatus;

use clap::Parser;

/// The stand-alone program: guards the process against files that shrink while mapped, parses, runs.
#[must_use]
pub fn program() -> std::process::ExitCode {
    jcode_session_native::os::map::install_guard();
    run(&args::Cli::parse().session).into()
}

#[cfg(doctest)]
#[doc = include_str!("../../docs/integration.md")]
struct Integration;
