//! A program with a command line like a coding agent's, which mounts our commands beside its own.
//!
//! Owns: global flags whose names ours have too, its own `session rename`, and a mounted `doctor`.
//! Invariant: the values of its own flags are printed as `host: …`, so that a test sees which side parsed a flag.

use clap::{Parser, Subcommand};
use jcode_session::args::{DoctorArgs, GlobalArgs, SessionCommand};
use std::process::ExitCode;

#[derive(Debug, Parser)]
#[command(name = "session-host")]
struct Host {
    /// Work in this folder
    #[arg(short = 'C', long, global = true)]
    cwd: Option<String>,
    /// Say less
    #[arg(long, short, global = true)]
    quiet: bool,
    /// The model
    #[arg(short, long, global = true)]
    model: Option<String>,
    /// Where output goes
    #[arg(short, long, global = true)]
    output: Option<String>,
    /// How many
    #[arg(long, global = true)]
    limit: Option<String>,
    #[command(subcommand)]
    command: Top,
}

#[derive(Debug, Subcommand)]
enum Top {
    /// Sessions
    #[command(subcommand)]
    Session(Session),
    /// What is wrong, and what to do about it
    Doctor(DoctorArgs),
}

#[derive(Debug, Subcommand)]
enum Session {
    /// Rename a session
    Rename {
        /// Which
        session: String,
        /// Its name
        name: Option<String>,
        /// Take the name away
        #[arg(long)]
        clear: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    #[command(flatten)]
    Log(SessionCommand),
}

fn main() -> ExitCode {
    jcode_session_native::os::map::install_guard();
    let host = Host::parse();
    for (flag, value) in [("cwd", &host.cwd), ("model", &host.model), ("output", &host.output), ("limit", &host.limit)]
    {
        if let Some(value) = value {
            println!("host: {flag} {value}");
        }
    }
    if host.quiet {
        println!("host: quiet");
    }
    if let Some(folder) = &host.cwd
        && let Err(error) = std::env::set_current_dir(folder)
    {
        eprintln!("cannot work in {folder}: {error}");
        return ExitCode::from(2);
    }
    let global = GlobalArgs { quiet: host.quiet, ..GlobalArgs::default() };
    match host.command {
        Top::Session(Session::Rename { session, name, .. }) => {
            println!("host: rename {session} {}", name.unwrap_or_default());
            ExitCode::SUCCESS
        }
        Top::Session(Session::Log(command)) => jcode_session::run_command(&command, &global).into(),
        Top::Doctor(args) => jcode_session::run_doctor(&args, &global).into(),
    }
}
