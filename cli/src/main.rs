//! The stand-alone binary: guards the process against files that shrink while mapped, parses, runs.

use clap::Parser;
use jcode_session::args::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    jcode_session_native::map::install_guard();
    jcode_session::run(&Cli::parse().session).into()
}
