//! `fork`: a new session from the path to an entry.
//!
//! Owns: the output, which is the new session's id. `jcode_session_native::ops::fork` forks.

use crate::args::ForkArgs;
use crate::output::{ExitStatus, Output, visible};
use crate::settings::Settings;
use anyhow::{Context, Result};
use jcode_session_native::ops::fork::fork as fork_session;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::os::stat;
use jcode_session_native::session::Session;
use std::io::Write;

pub(super) fn fork(args: &ForkArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let log = super::resolve(&args.session, settings)?;
    let log = stat::real_path(&log).with_context(|| format!("cannot find {}", log.display()))?;
    let at = args.at.as_deref().map(|at| Session::read(&log)?.key_of(at)).transpose().context("nothing was forked")?;
    let forked = fork_session(&log, at.as_deref()).context("nothing was forked")?;
    writeln!(output.data(), "{}", forked.session_id)?;
    output.note(visible(&shown(&forked.log)));
    super::tell_of_sidecar(&log, forked.was_contradicted, output);
    Ok(ExitStatus::Clean)
}
