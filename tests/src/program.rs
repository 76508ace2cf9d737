//! Runs the command line as its users do.
//!
//! Owns: finding and running the built binary, and running a test in a process of its own.
//! Invariant: each run has its own home, no colours and no terminal.

use serde_json::Value;
use std::ffi::OsStr;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The result of a run.
#[derive(Debug)]
pub struct Run {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Standard output as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output as one JSON value.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The path of the binary: that of `JCODE_SESSION_PROGRAM` if it is set, else beside the test's own binary, where cargo
/// puts both.
#[must_use]
pub fn binary() -> PathBuf {
    if let Some(program) = std::env::var_os("JCODE_SESSION_PROGRAM") {
        return program.into();
    }
    let mut path = std::env::current_exe().expect("a test runs");
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    path.join("session-under-test").with_extension(std::env::consts::EXE_EXTENSION)
}

/// Runs the test of this name in a process of its own, for effects that concern a whole process. Returns true in that
/// process, and false in the caller once the test has passed there.
///
/// # Panics
/// Panics if the test fails there, or does not exist.
#[must_use]
pub fn alone(test: &str) -> bool {
    const ALONE: &str = "JCODE_SESSION_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let this = std::env::current_exe().expect("a test runs");
    let ran = finished(Command::new(this).args(["--exact", test]).env(ALONE, "1").output().expect("it starts"));
    assert!(ran.code == 0 && ran.text().contains("1 passed"), "{test}: {}{}", ran.text(), ran.stderr);
    false
}

/// A command with its own home.
#[must_use]
pub fn command(home: &Path) -> Command {
    let mut command = Command::new(binary());
    command.env("JCODE_HOME", home).env("NO_COLOR", "1").env("JCODE_SESSION_OTHERS", "0").stdin(Stdio::null());
    for setting in ["JCODE_SESSION_DURABILITY", "JCODE_SESSION_SEGMENT_SIZE", "JCODE_SESSION_COMPRESS", "JCODE_STORE"] {
        command.env_remove(setting);
    }
    command
}

/// Adds to a command what a shell does before it, such as `ulimit -n 64`; the arguments are still to be given.
#[must_use]
pub fn limited(home: &Path, limits: &str) -> Command {
    let mut shell = Command::new("bash");
    shell.arg("-c").arg(format!("{limits}; exec \"$@\"")).arg("bash").arg(binary()).stdin(Stdio::null());
    hand_on(&command(home), &mut shell);
    shell
}

/// Gives a command the settings of another.
fn hand_on(from: &Command, to: &mut Command) {
    for (name, value) in from.get_envs() {
        match value {
            Some(value) => to.env(name, value),
            None => to.env_remove(name),
        };
    }
}

/// Runs a command with this input. A command that refuses may close its input early.
///
/// # Panics
/// Panics if the command does not start, or if the input cannot be written for another reason.
pub fn fed(command: &mut Command, input: &str) -> Run {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the binary is built");
    let written = child.stdin.take().expect("piped").write_all(input.as_bytes());
    assert!(written.is_ok() || written.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe));
    finished(child.wait_with_output().expect("ends"))
}

/// Runs the binary.
pub fn run<A: AsRef<OsStr>>(home: &Path, args: impl IntoIterator<Item = A>) -> Run {
    finished(command(home).args(args).output().expect("the binary is built"))
}

/// The result of a finished process.
#[must_use]
pub fn finished(output: Output) -> Run {
    Run {
        code: output.status.code().unwrap_or(-1),
        stdout: output.stdout,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A report without what names the place: paths, and sidecars, of which there are none in a store.
#[must_use]
pub fn placeless(mut value: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.remove("path");
                map.remove("looked_in");
                map.values_mut().for_each(strip);
            }
            Value::Array(values) => {
                values.retain(|value| value["code"] != "sidecar-missing");
                values.iter_mut().for_each(strip);
            }
            _ => {}
        }
    }
    strip(&mut value);
    value
}

/// Runs the binary at a terminal of its own, of `columns` where that is given, with these variables. `args` are words for
/// a shell.
///
/// # Panics
/// Panics if `script`, a part of Linux systems, cannot be run.
#[must_use]
pub fn at_terminal(home: &Path, args: &str, columns: Option<usize>, variables: &[(&str, &str)]) -> Run {
    let mut settings = command(home);
    settings.env_remove("PAGER").env_remove("JCODE_SESSION_PAGER").envs(variables.iter().copied());
    let mut script = Command::new("script");
    hand_on(&settings, &mut script);
    let sized = columns.map(|columns| format!("stty rows 40 cols {columns}; ")).unwrap_or_default();
    let line = format!("{sized}{} {args}", binary().display());
    finished(script.args(["-qec", &line, "/dev/null"]).output().expect("`script` is part of the system"))
}
