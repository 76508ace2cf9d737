//! The pager: long output, a screen at a time.
//!
//! Owns: which program pages, how it is started, and how its end is waited for.
//! Invariant: only what goes to a terminal is paged. A pager that was closed early is no error; where the usual one is
//! missing, output is printed as it is.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

/// The pager where none is named: ends by itself if all fits on the screen, passes colours on, leaves the text there.
const USUAL: &str = "less -FRX";

static RUNS: AtomicBool = AtomicBool::new(false);

/// True while a pager has the terminal: Ctrl-C is then meant for it.
#[must_use]
pub fn is_paging() -> bool {
    RUNS.load(Ordering::Relaxed)
}

/// The command line of the pager: what is named, else the usual one. `None` if none is wanted: an empty name, or `cat`.
pub(super) fn chosen(named: Option<OsString>) -> Option<OsString> {
    let command = named.unwrap_or_else(|| USUAL.into());
    let word = command.to_string_lossy();
    (!matches!(word.trim(), "" | "cat")).then_some(command)
}

/// A running pager.
#[derive(Debug)]
pub(super) struct Pager {
    child: Child,
    /// `None` once all was given to it.
    input: Option<ChildStdin>,
}

impl Pager {
    /// Starts a pager; `None` if it cannot be started.
    pub(super) fn start(command: &OsStr) -> Option<Self> {
        let mut program = program(command)?;
        for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
            if std::env::var_os(name).is_none() {
                program.env(name, value);
            }
        }
        let mut child = program.stdin(Stdio::piped()).spawn().ok()?;
        let input = child.stdin.take();
        RUNS.store(true, Ordering::Relaxed);
        Some(Self { child, input })
    }
}

impl Write for Pager {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.input.as_mut().map_or(Err(io::ErrorKind::BrokenPipe.into()), |input| input.write(from))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.input.as_mut().map_or(Ok(()), ChildStdin::flush)
    }
}

impl Drop for Pager {
    /// The terminal belongs to the pager until the user closes it.
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
        RUNS.store(false, Ordering::Relaxed);
    }
}

/// The usual pager is started by itself, so that it is noticed if it is missing; what users name may be any command of
/// their shell.
#[cfg(unix)]
fn program(command: &OsStr) -> Option<Command> {
    if command == USUAL {
        return words(command);
    }
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command);
    Some(shell)
}

#[cfg(not(unix))]
fn program(command: &OsStr) -> Option<Command> {
    words(command)
}

fn words(command: &OsStr) -> Option<Command> {
    let text = command.to_string_lossy();
    let mut words = text.split_whitespace();
    let mut program = Command::new(words.next()?);
    program.args(words);
    Some(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pager_can_be_named_or_unwanted() {
        let of = |named: Option<&str>| {
            chosen(named.map(OsString::from)).map(|command| command.to_string_lossy().into_owned())
        };
        assert_eq!(of(Some("more -s")).as_deref(), Some("more -s"));
        assert_eq!(of(None).as_deref(), Some(USUAL));
        assert_eq!((of(Some(" ")), of(Some("")), of(Some("cat"))), (None, None, None));
    }
}
