//! All printing.
//!
//! Owns: the two streams of a command, colours, progress, exit status.
//! Invariant: data goes to standard output, all else to standard error. Control characters in text from a log reach a
//! terminal as visible escapes only. A reader that closes the pipe ends the command without an error.

mod layout;
mod pager;
mod progress;
mod streams;
mod text;
mod wait;

use crate::args::{Color, GlobalArgs};
use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use anyhow::Result;
use jcode_session_native::os::stat;
use pager::Pager;
use serde::Serialize;
use std::ffi::OsString;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use streams::{Aside, Data};

pub use layout::{cut, fit, width};
pub use pager::is_paging;
pub use progress::Progress;
pub use streams::Kept;
pub use text::{ago, brief, bytes, count, shorten, time, visible};

/// The exit status of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// The command succeeded and found no problem.
    Clean,
    /// The command succeeded and found problems.
    Problems,
    /// The command could not be carried out.
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

    /// Success.
    pub const GOOD: Style = AnsiColor::Green.on_default();
    /// A problem that was dealt with.
    pub const WARNING: Style = AnsiColor::Yellow.on_default();
    /// An error.
    pub const BAD: Style = AnsiColor::Red.on_default().bold();
    /// Unimportant text.
    pub const FAINT: Style = Style::new().dimmed();
    /// Emphasised text.
    pub const STRONG: Style = Style::new().bold();
}

/// The streams of a run.
pub struct Output {
    data: BufWriter<Data>,
    aside: Aside,
    /// Standard output is coloured.
    colored: bool,
    color: ColorChoice,
    quiet: bool,
    progress: bool,
    /// The command line of the pager, if one is wanted.
    pager: Option<OsString>,
}

impl std::fmt::Debug for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Output").field("color", &self.color).field("quiet", &self.quiet).finish_non_exhaustive()
    }
}

impl Output {
    /// The streams of the process, as the flags set them.
    #[must_use]
    pub fn new(args: &GlobalArgs, color: Color, pager: Option<OsString>) -> Self {
        let color = match color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        let stdout = match color {
            ColorChoice::Auto => AutoStream::choice(&io::stdout()),
            choice => choice,
        };
        Self {
            data: BufWriter::new(Data::Stdout(io::stdout())),
            aside: Aside::Stderr,
            colored: stdout != ColorChoice::Never,
            color,
            quiet: args.quiet,
            progress: !args.no_progress && !args.quiet && io::stderr().is_terminal(),
            pager: if args.no_pager { None } else { pager::chosen(pager) },
        }
    }

    /// Streams that keep what is printed, without colours. After `limit` bytes of data the reader has closed the pipe.
    #[must_use]
    pub fn kept(limit: usize) -> Self {
        Self {
            data: BufWriter::new(Data::Kept { bytes: Vec::new(), limit, is_cut: false }),
            aside: Aside::Kept(String::new()),
            colored: false,
            color: ColorChoice::Never,
            quiet: false,
            progress: false,
            pager: None,
        }
    }

    /// What was printed to streams of [`kept`](Self::kept).
    #[must_use]
    pub fn into_kept(self) -> Kept {
        // Data that was not flushed is that of a command that failed.
        let (data, _) = self.data.into_parts();
        data.into_kept(self.aside)
    }

    /// From here on, data on a terminal goes through the pager, and what is said beside it too. True if it does.
    pub fn page(&mut self) -> bool {
        if let (true, Some(command)) = (self.is_terminal() && self.flush().is_ok(), self.pager.take())
            && let Some(pager) = Pager::start(&command)
        {
            self.data = BufWriter::new(Data::Pager(pager));
        }
        self.is_paged()
    }

    /// Gives the pager what is left, and waits until it is closed.
    pub fn end_paging(&mut self) {
        if self.is_paged() {
            // What a closed pager did not take is not printed behind it.
            let _ = self.data.flush();
            drop(std::mem::replace(&mut self.data, BufWriter::new(Data::Stdout(io::stdout()))).into_parts());
        }
    }

    fn is_paged(&self) -> bool {
        matches!(self.data.get_ref(), Data::Pager(_))
    }

    /// Standard output, for data.
    pub const fn data(&mut self) -> &mut impl Write {
        &mut self.data
    }

    /// True if standard output is a terminal.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.data.get_ref().is_terminal()
    }

    /// Columns that lines on standard output should fit; `None` where it is no terminal.
    #[must_use]
    pub fn columns(&self) -> Option<usize> {
        self.is_terminal().then(layout::columns).flatten()
    }

    /// True if standard output has colours.
    #[must_use]
    pub const fn is_coloured(&self) -> bool {
        self.colored
    }

    /// A style as standard output wants it: nothing where it is not coloured.
    #[must_use]
    pub const fn style(&self, style: Style) -> Style {
        if self.colored { style } else { Style::new() }
    }

    /// Writes raw bytes and an LF to standard output.
    ///
    /// # Errors
    /// Fails if standard output cannot be written.
    pub fn raw_line(&mut self, line: &[u8]) -> Result<()> {
        self.data.write_all(line)?;
        self.data.write_all(b"\n")?;
        Ok(())
    }

    /// Writes one JSON object and an LF to standard output.
    ///
    /// # Errors
    /// Fails if standard output cannot be written.
    pub fn json(&mut self, value: &impl Serialize) -> Result<()> {
        serde_json::to_writer_pretty(&mut self.data, value)?;
        self.data.write_all(b"\n")?;
        Ok(())
    }

    /// Flushes standard output.
    ///
    /// # Errors
    /// Fails if standard output cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.data.flush()?;
        Ok(())
    }

    /// Waits this long, less if the reader of standard output goes away; true if it did. A reader that cannot be watched
    /// is noticed when it is written to.
    #[must_use]
    pub fn waited_until_closed(&self, at_most: std::time::Duration) -> bool {
        wait::until_closed(at_most)
    }

    /// Prints a summary or hint on standard error, after the data it refers to.
    pub fn note(&mut self, text: impl std::fmt::Display) {
        if !self.quiet {
            self.print_aside(&format!("{text}\n"));
        }
    }

    /// Prints a warning on standard error.
    pub fn warn(&mut self, text: impl std::fmt::Display) {
        let w = style::WARNING;
        self.print_aside(&format!("{w}warning{w:#}: {text}\n"));
    }

    /// Prints an error with its causes on standard error.
    pub fn error(&mut self, error: &anyhow::Error) {
        self.end_paging();
        let b = style::BAD;
        self.print_aside(&format!("{b}error{b:#}: {}\n", visible(&in_words(error))));
    }

    /// A progress bar over the bytes of some files; hidden if progress is off.
    #[must_use]
    pub fn progress(&self, files: &[PathBuf], what: &str) -> Progress {
        // Stat the files only if the bar is shown: there may be thousands.
        let len = |file: &PathBuf| stat::stat(file).map_or(0, |metadata| metadata.len());
        self.progress_over(|| Some(files.iter().map(len).sum()), what)
    }

    /// A progress bar over so many bytes; without a total, bytes are counted. Hidden if progress is off: the total is
    /// then not asked for.
    #[must_use]
    pub fn progress_over(&self, total: impl FnOnce() -> Option<u64>, what: &str) -> Progress {
        if self.progress { Progress::new(total(), what) } else { Progress::hidden() }
    }

    /// Prints lines unchanged on standard error: data that would be lost otherwise. On a terminal, control characters
    /// are escaped.
    pub fn lines_aside(&mut self, lines: &[u8]) {
        if self.aside.is_terminal() {
            let shown = String::from_utf8_lossy(lines);
            return shown.lines().for_each(|line| self.print_aside(&format!("{}\n", visible(line))));
        }
        let _ = self.data.flush();
        self.aside.raw(lines);
    }

    fn print_aside(&mut self, text: &str) {
        if self.is_paged() && self.aside.is_terminal() {
            let plain = anstream::adapter::strip_str(text).to_string();
            let _ = self.data.write_all(if self.colored { text } else { &plain }.as_bytes());
            return;
        }
        // A closed pipe is reported when the data itself is written.
        let _ = self.data.flush();
        self.aside.styled(text, self.color);
    }
}

/// An error and its causes on one line. A cause whose text is already there is not repeated.
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

/// True if a reader closed the pipe, which is no error.
#[must_use]
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        let io = cause.downcast_ref::<io::Error>().map(io::Error::kind);
        let json = cause.downcast_ref::<serde_json::Error>().and_then(serde_json::Error::io_error_kind);
        io.or(json) == Some(io::ErrorKind::BrokenPipe)
    })
}
