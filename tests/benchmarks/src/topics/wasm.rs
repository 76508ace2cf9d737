//! The core in WebAssembly: its speed in Node beside the native program, and the bytes that a page must load.

use super::Topic;
use crate::Outcome;
use crate::lab::Lab;
use crate::project;
use crate::record::{Figure, Row, Target, Unit};
use anyhow::bail;
use jcode_session_tests::program;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

pub const TOPIC: Topic = Topic {
    name: "wasm",
    title: "WebAssembly",
    about: "`verify` of a log of 100 MB in Node, in CPU time, beside the native program, which is started for it. Lengths are those of the modules, gzipped.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    let package = project::path("host-wasm/pkg");
    if !package.join("node.js").is_file() {
        lab.skip("the wasm package is not built: `host-wasm/build` needs a wasm toolchain");
        return Ok(());
    }
    for (what, folder, most) in [("module without SQLite", "", 380e3), ("module with SQLite", "sqlite", 730e3)] {
        let bytes = gzipped(&package.join(folder).join("jcode_session_wasm_bg.wasm"))?;
        lab.add(Row::new(what, Unit::Bytes, Figure(vec![bytes])).target(Target::Most(most)));
    }
    let log = lab.medium()?.to_path_buf();
    let script = project::path("tests/wasm-parity/speed.mjs");
    let rounds = lab.rounds(5).to_string();
    let output = Command::new("node")
        .args([script.as_os_str(), program::binary().as_os_str(), log.as_os_str(), package.as_os_str()])
        .args([rounds.as_str(), "--json"])
        .output();
    let figures: Value = match output {
        Ok(output) if output.status.success() => serde_json::from_slice(&output.stdout)?,
        Ok(output) => bail!("verify in Node: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => {
            lab.skip(format!("Node.js cannot be run: {error}"));
            return Ok(());
        }
    };
    let figure = |key: &str| -> Outcome<Figure> { Ok(serde_json::from_value(figures[key].clone())?) };
    lab.add(
        Row::new("`verify` in Node, CPU time", Unit::Seconds, figure("wasm")?)
            .floor("native", figure("native")?)
            .target(Target::MostTimes(2.5)),
    );
    lab.add(Row::new("`verify` in Node, memory of the process", Unit::Bytes, figure("memory")?));
    Ok(())
}

fn gzipped(file: &Path) -> Outcome<f64> {
    let output = Command::new("gzip").args(["-9", "-c"]).arg(file).output()?;
    anyhow::ensure!(output.status.success(), "gzip: {}", String::from_utf8_lossy(&output.stderr));
    Ok(output.stdout.len() as f64)
}
