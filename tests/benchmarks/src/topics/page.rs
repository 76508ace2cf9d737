//! The inspector page in a real Chromium, measured by the page's own script.

use super::Topic;
use crate::Outcome;
use crate::lab::Lab;
use crate::project;
use crate::record::{Figure, Row, Target, Unit};
use jcode_session_tests::program;
use serde::Deserialize;
use std::process::Command;

pub const TOPIC: Topic = Topic {
    name: "page",
    title: "The inspector page",
    about: "A log of 1 GB opened in a headless Chromium by `tests/inspector/bench.mjs`, once: from the choice of the files to what is painted, by the page's own clock; memory is the anonymous memory of the page's process with its workers.",
    measure,
};

/// What the script prints.
#[derive(Debug, Deserialize)]
struct Measured {
    what: String,
    unit: Unit,
    value: f64,
}

fn measure(lab: &mut Lab) -> Outcome<()> {
    if lab.quick {
        lab.skip("the page is measured in full runs only; `tests/page` tests it");
        return Ok(());
    }
    let tests = project::path("tests/inspector");
    let mut script = Command::new("node");
    script.args(["bench.mjs", "1e9", "--json"]).current_dir(&tests).env("JCODE_SESSION", program::binary());
    let output = script.output();
    let measured: Vec<Measured> = match output {
        Ok(output) if output.status.success() => serde_json::from_slice(&output.stdout)?,
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let why = said.lines().find(|line| line.contains("Error")).unwrap_or("its script failed").trim().to_owned();
            lab.skip(format!("the page needs Node.js, Chromium and what `tests/page` builds and installs ({why})"));
            return Ok(());
        }
        Err(error) => {
            lab.skip(format!("Node.js cannot be run: {error}"));
            return Ok(());
        }
    };
    for Measured { what, unit, value } in measured {
        let target = match what.as_str() {
            "log and sidecar: summary and first page painted" | "log alone: summary and first page painted" => {
                Some(0.5)
            }
            "log and sidecar: memory" | "log alone: memory" => Some(300e6),
            _ => None,
        };
        let mut row = Row::new(what, unit, Figure(vec![value]));
        row.target = target.map(Target::Most);
        lab.add(row);
    }
    Ok(())
}
