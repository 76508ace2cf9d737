//! `checkpoints`: the states to which a session can be returned.
//!
//! Owns: the table.
//! Invariant: rows are newest first, the order in which `rollback` looks for a state. Times stand whole, because
//! `rollback` takes them. On a terminal a row is one line; the entry gives way to the note, and that to nothing.

use crate::args::CheckpointsArgs;
use crate::output::{ExitStatus, Output, bytes, cut, fit, shorten, style, visible, width};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_core::report::{CheckpointReport, CheckpointsReport};
use jcode_session_native::ops::restore;
use std::io::Write;

/// Columns of an entry's id where nothing limits it.
const ENTRY: usize = 40;
/// Columns of an id beside a note on a terminal: it is cut to these if both do not fit.
const SHORT_ENTRY: usize = 14;
/// Columns of a note where no terminal limits it.
const NOTE: usize = 60;
/// With fewer columns left a note says nothing.
const LEAST_NOTE: usize = 12;

pub(super) fn checkpoints(args: &CheckpointsArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let log = restore::log_of(&super::resolve(&args.session, settings)?);
    if args.take && !restore::take_checkpoint(&log)? {
        output.note("the newest checkpoint is of this very state; none was taken");
    }
    let report = restore::checkpoints(&log)?;
    if args.json {
        output.json(&report)?;
    } else {
        print(&report, output)?;
    }
    Ok(ExitStatus::Clean)
}

fn print(report: &CheckpointsReport, output: &mut Output) -> Result<()> {
    if report.checkpoints.is_empty() {
        output.note("no checkpoints yet; they are taken while the session is written, and before a migration");
        return Ok(());
    }
    let rows: Vec<Row> = report.checkpoints.iter().map(Row::of).collect();
    let layout = Layout::of(&rows, output.columns());
    let faint = output.style(style::FAINT);
    writeln!(output.data(), "{faint}{}{faint:#}", layout.line(&Row::heads()))?;
    for row in &rows {
        writeln!(output.data(), "{}", layout.line(row))?;
    }
    output.note("* is the state now");
    output.note("`rollback SESSION --to-checkpoint TIME` returns");
    Ok(())
}

/// The cells of a line.
struct Row {
    mark: &'static str,
    time: String,
    size: String,
    entry: String,
    note: String,
}

impl Row {
    fn of(checkpoint: &CheckpointReport) -> Self {
        Self {
            mark: if checkpoint.current { "*" } else { " " },
            time: shorten(&checkpoint.timestamp, ENTRY),
            size: bytes(checkpoint.logical_len),
            entry: shorten(checkpoint.branch_leaf.as_deref().unwrap_or_default(), ENTRY),
            note: visible(&checkpoint.note),
        }
    }

    fn heads() -> Self {
        let [time, size, entry, note] = ["time", "size", "entry", ""].map(str::to_string);
        Self { mark: " ", time, size, entry, note }
    }
}

/// Widths of the columns.
struct Layout {
    time: usize,
    size: usize,
    entry: usize,
    note: usize,
}

impl Layout {
    fn of(rows: &[Row], columns: Option<usize>) -> Self {
        let widest = |cell: fn(&Row) -> &str| rows.iter().map(|row| width(cell(row))).max().unwrap_or_default();
        let (time, size, entry) = (widest(|row| &row.time), widest(|row| &row.size), widest(|row| &row.entry));
        let Some(columns) = columns else { return Self { time, size, entry, note: NOTE } };
        // The mark, and what separates the columns.
        let left = columns.saturating_sub(2 + time + 2 + size + 2);
        let beside = |entry: usize| left.saturating_sub(entry + 2);
        let entry = if beside(entry) >= LEAST_NOTE { entry } else { entry.min(SHORT_ENTRY) };
        match beside(entry) {
            note @ LEAST_NOTE.. => Self { time, size, entry, note },
            _ => Self { time, size, entry: entry.min(left), note: 0 },
        }
    }

    fn line(&self, row: &Row) -> String {
        let Self { time, size, entry, note } = *self;
        let head = format!("{} {}  {:>size$}  {}", row.mark, fit(&row.time, time), row.size, fit(&row.entry, entry));
        format!("{head}  {}", cut(&row.note, note)).trim_end().to_string()
    }
}
