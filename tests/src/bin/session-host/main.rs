//! A program with the shape of a coding agent's own command line, which mounts ours beside it and keeps its sessions here.
//!
//! Owns: global flags with names that ours have too, a `session rename` and a `doctor` of its own place; `keep` is what it
//! does to its sessions itself.
//! Invariant: what a flag of its own says is printed as `host: …`, so that a test sees who took it.

mod keep;

use clap::{Parser, Subcommand};
use jcode_session::args::{DoctorArgs, DurabilityArgs, GlobalArgs, RenameArgs, SessionCommand};
use std::path::PathBuf;
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
    /// What the host does to its own sessions
    Keep(keep::Keep),
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
            let name = name.unwrap_or_default();
            println!("host: rename {session} {name}");
            let args = RenameArgs { session: session.into(), name, durability: DurabilityArgs::default() };
            jcode_session::run_rename(&args, &global).into()
        }
        Top::Keep(keep) => {
            let home = std::env::var_os("JCODE_HOME").map_or_else(|| PathBuf::from(".jcode"), PathBuf::from);
            match keep.run(&home) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => {
                    eprintln!("{error}");
                    ExitCode::from(2)
                }
            }
        }
        Top::Session(Session::Log(command)) => jcode_session::run_command(&command, &global).into(),
        Top::Doctor(args) => jcode_session::run_doctor(&args, &global).into(),
    }
}
