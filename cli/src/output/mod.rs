//! Everything that is printed.
//!
//! Owns: the two streams, colours, progress, exit status.
//! Invariant: data on standard output, all else on standard error. Text from a log never reaches a terminal as it
//! is: control characters are shown, not obeyed. A reader that closes the pipe ends the command in peace.
//! Does not: know what it prints.

mod layout;
mod progress;
mod text;

use crate::args::{Color, GlobalArgs};
use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use anyhow::Result;
use jcode_session_native::os::stat;
use serde::Serialize;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::path::PathBuf;

pub use layout::{cut, fit, width};
pub use progress::Progress;
pub use text::{ago, bytes, count, shorten, time, visible};

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done, and nothing is wrong.
    Clean,
    /// Done, and problems were found.
    Problems,
    /// It could not be done.
    Failed,
}

impl From<ExitStatus> for std::process::ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Clean => Self::from(0),
            ExitStatus::Problems => Self::from(1),
            ExitStatus::Failed => Self::from(2),
        }
    }
}

/// Styles, by meaning.
pub mod style {
    use anstyle::{AnsiColor, Style};

    /// What went well.
    pub const GOOD: Style = AnsiColor::Green.on_default();
    /// What was handled.
    pub const WARNING: Style = AnsiColor::Yellow.on_default();
    /// What is wrong.
    pub const BAD: Style = AnsiColor::Red.on_default().bold();
    /// What can be overlooked.
    pub const FAINT: Style = Style::new().dimmed();
    /// What stands out.
    pub const STRONG: Style = Style::new().bold();
}

/// The streams of a run.
pub struct Output {
    data: BufWriter<Stdout>,
    /// Standard output is coloured.
    colored: bool,
    color: ColorChoice,
    quiet: bool,
    progress: bool,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("color", &self.color).field("quiet", &self.quiet).finish_non_exhaustive()
    }
}

impl Output {
    /// The process's own streams, as the flags want them.
    #[must_use]
    pub fn new(args: &GlobalArgs) -> Self {
        let color = match args.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let stdout = match color {
            ColorChoice::Auto => AutoStream::choice(&io::stdout()),
            choice => choice,
        };
        Self {
            data: BufWriter::new(io::stdout()),
            colored: stdout != ColorChoice::Never,
            color,
            quiet: args.quiet,
            progress: !args.no_progress && !args.quiet && io::stderr().is_terminal(),
        }
    }

    /// Standard output, for data.
    pub const fn data(&mut self) -> &mut impl Write {
        &mut self.data
    }

    /// True if a person sees standard output as it is written.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.data.get_ref().is_terminal()
    }

    /// Columns that lines on standard output should fit; `None` where it is no terminal.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        layout::columns()
    }

    /// A style as standard output wants it: nothing where it is not coloured.
    #[must_use]
    pub const fn style(&self, style: Style) -> Style {
        if self.colored { style } else { Style::new() }
    }

    /// Raw bytes and an LF to standard output.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn raw_line(&mut self, line: &[u8]) -> Result<()> {
        self.data.write_all(line)?;
        self.data.write_all(b"\n")?;
        Ok(())
    }

    /// One JSON object and an LF to standard output.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn json(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer_pretty(&mut self.data, value)?;
        self.data.write_all(b"\n")?;
        Ok(())
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.data.flush()?;
        Ok(())
    }

    /// A summary or hint on standard error, behind the data that it speaks of.
    pub fn note(&mut self, text: impl std::fmt::Display) {
        if !self.quiet {
            self.print_aside(&format!("{text}\n"));
        }
    }

    /// A warning on standard error.
    pub fn warn(&mut self, text: impl std::fmt::Display) {
        let w = style::WARNING;
        self.print_aside(&format!("{w}warning{w:#}: {text}\n"));
    }

    /// An error with its causes and, if it has one, its hint.
    pub fn error(&mut self, error: &anyhow::Error) {
        let b = style::BAD;
        self.print_aside(&format!("{b}error{b:#}: {}\n", visible(&in_words(error))));
    }

    /// A progress bar over the bytes of some files; invisible where progress is not wanted.
    #[must_use]
    pub fn progress(&self, files: &[PathBuf], what: &str) -> Progress {
        // Thousands of files are not asked for their size if nobody sees the bar.
        let len = |file: &PathBuf| stat::stat(file).map_or(0, |metadata| metadata.len());
        Progress::new(self.progress.then(|| files.iter().map(len).sum()), what)
    }

    /// Lines as they are, on standard error: data that would be lost. A terminal is shown their control characters.
    pub fn lines_aside(&mut self, lines: &[u8]) {
        if io::stderr().is_terminal() {
            let shown = String::from_utf8_lossy(lines);
            return shown.lines().for_each(|line| self.print_aside(&format!("{}\n", visible(line))));
        }
        let _ = self.data.flush();
        // Nobody can be told that standard error is closed.
        let _ = io::stderr().write_all(lines);
    }

    fn print_aside(&mut self, text: &str) {
        // A closed pipe shows when the data itself is written out.
        let _ = self.data.flush();
        // Nobody can be told that standard error is closed.
        let _ = AutoStream::new(io::stderr(), self.color).write_all(text.as_bytes());
    }
}

/// An error and its causes on one line; a cause that the text before it has named already is not named again.
fn in_words(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |said, cause| {
        if said.contains(&cause) {
            said
        } else if said.is_empty() {
            cause
        } else {
            format!("{said}: {cause}")
        }
    })
}

/// True for a reader that has gone away, which is no error.
#[must_use]
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}
