//! The commands of jcode-session, for the stand-alone binary and for programs that mount them.
//!
//! A program with its own clap command line adds [`args::SessionArgs`] as a subcommand and passes the parsed arguments
//! to [`run`]. It can also mount [`args::DoctorArgs`] ([`run_doctor`]). Data goes to standard output, everything else
//! to standard error. The exit status is returned as a value, so the mounting program stays in control of its process.
//!
//! Layers: [`args`] holds the parsed arguments, [`settings`] resolves them against environment and home, [`commands`]
//! has one function per command, and only [`output`] prints. [`serve`] serves the inspector page and a session to a
//! browser; with the feature `mcp`, `mcp` answers agents.

pub mod args;
pub mod commands;
#[cfg(feature = "mcp")]
mod mcp;
pub mod output;
#[cfg(feature = "pick")]
mod pick;
mod runtime;
pub mod serve;
pub mod settings;
mod transcript;
mod when;

pub use commands::{run, run_command, run_doctor, run_rename};
pub use output::ExitStatus;

use clap::Parser;

/// The stand-alone program: installs the guard for mapped files that shrink, parses, runs.
#[must_use]
pub fn program() -> std::process::ExitCode {
    jcode_session_native::os::map::install_guard();
    run(&args::Cli::parse().session).into()
}

#[cfg(doctest)]
#[doc = include_str!("../../docs/integration.md")]
struct Integration;
