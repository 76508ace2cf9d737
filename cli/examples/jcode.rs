//! A small `jcode` that mounts the session commands as `jcode session …` and the doctor as `jcode doctor`.
//!
//! Try it: `cargo run --example jcode -- session migrate --dry-run`

use clap::{Parser, Subcommand};
use jcode_session::args::{DoctorArgs, GlobalArgs, SessionArgs};
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(name = "jcode", about = "A coding agent")]
struct Jcode {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Session logs: migrate, verify, look into, go back
    Session(SessionArgs),
    /// What is wrong, and what to do about it
    Doctor(DoctorArgs),
}

fn main() -> ExitCode {
    // Once, at start: logs are then mapped for scans, and a log that shrinks meanwhile is an error, not a crash.
    jcode_session_native::os::map::install_guard();
    match Jcode::parse().command {
        Command::Session(args) => jcode_session::run(&args).into(),
        Command::Doctor(args) => jcode_session::run_doctor(&args, &GlobalArgs::default()).into(),
    }
}
