//! `mcp`: answers an agent's questions about the sessions.
//!
//! Owns: nothing but the way to [`crate::mcp`].

use crate::mcp;
use crate::output::ExitStatus;
use crate::settings::Settings;
use anyhow::{Context, Result};

pub(super) fn mcp(settings: &Settings) -> Result<ExitStatus> {
    mcp::serve(settings.clone()).context("the server on standard input and output failed")?;
    Ok(ExitStatus::Clean)
}
