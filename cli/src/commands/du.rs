//! `du`: what sessions take, by kind of content and by file.
//!
//! Owns: which sessions are measured, and the table. Core tells what bytes are, the native host which files.
//! Invariant: the largest come first; the last line of the table is the sum.

use super::many;
use super::short_ids::{LEAST, short_ids};
use crate::args::DuArgs;
use crate::output::{ExitStatus, Output, brief, cut, style, visible, width};
use crate::settings::Settings;
use anyhow::{Result, bail};
use jcode_session_core::report::{DuReport, SessionUse, Use};
use jcode_session_native::catalog::{Catalog, Keep, Listed};
use jcode_session_native::ops::du::du as measure;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::os::paths;
use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

pub(super) fn du(args: &DuArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let others = if args.no_others { Vec::new() } else { super::others(settings) };
    let looked_in = [&*settings.roots, &others].concat();
    let refreshed = Catalog::new(&settings.home, &looked_in).refresh(Keep::Store);
    let sessions: Vec<PathBuf> = if args.sessions.is_empty() {
        for problem in &refreshed.unreadable {
            output.warn(visible(&problem.to_string()));
        }
        refreshed.sessions.iter().map(|session| session.path.clone()).collect()
    } else {
        let mut named: Vec<PathBuf> =
            args.sessions.iter().map(|session| super::resolve(session, settings)).collect::<Result<_>>()?;
        named.sort_unstable();
        named.dedup();
        named
    };
    let mut is_whole = !args.sessions.is_empty() || refreshed.unreadable.is_empty();
    let progress = output.progress(&sessions, "measuring");
    let results = many::for_each(&sessions, &progress, |session, tick| measure(session, tick));
    progress.finish();
    if many::interrupted() {
        bail!("interrupted");
    }
    let listed: HashMap<&Path, &Listed> = refreshed.sessions.iter().map(|session| (&*session.path, session)).collect();
    let mut measured = Vec::new();
    for (path, result) in sessions.iter().zip(results) {
        match result {
            Some(Ok(usage)) => measured.push(session_use(path, usage, listed.get(&**path).copied())),
            Some(Err(error)) => {
                is_whole = false;
                output.warn(visible(&format!("not measured: {error}")));
            }
            None => is_whole = false,
        }
    }
    let report = DuReport::new(measured);
    if args.json {
        output.json(&report)?;
    } else {
        let ids = short_ids(refreshed.sessions.iter().map(|session| &*session.summary.session_id));
        print(&report, &ids, output)?;
    }
    Ok(if is_whole { ExitStatus::Clean } else { ExitStatus::Problems })
}

fn session_use(path: &Path, usage: Use, listed: Option<&Listed>) -> SessionUse {
    let summary = listed.map(|listed| &listed.summary);
    SessionUse {
        path: shown(path),
        session_id: summary.map_or_else(|| paths::stem(path), |summary| summary.session_id.clone()),
        title: summary.and_then(|summary| summary.shown_title().map(str::to_string)),
        usage,
    }
}

/// From this many columns on, the kinds are shown.
const WITH_KINDS: usize = 80;
/// Columns of a size, with the blank before it.
const SIZE: usize = 8;
/// Columns of a title where no terminal limits it.
const TITLE: usize = 80;

/// Heads of the columns. Those of the kinds are left out where there is no room.
const KINDS: [&str; 6] = ["text", "thought", "calls", "output", "images", "other"];

fn print(report: &DuReport, ids: &BTreeMap<String, String>, output: &mut Output) -> Result<()> {
    let columns = output.columns();
    let with_kinds = columns.is_none_or(|columns| columns >= WITH_KINDS);
    let kinds: &[&str] = if with_kinds { &KINDS } else { &["log"] };
    let heads = ["disk"].iter().chain(kinds).chain(&["sidecar", "store"]);
    let heads = row(heads.map(|head| (*head).to_string()));
    let (faint, strong) = (output.style(style::FAINT), output.style(style::STRONG));
    writeln!(output.data(), "{faint}{heads}  session{faint:#}")?;
    for session in &report.sessions {
        let sizes = row(sizes(&session.usage, with_kinds));
        let name = name(session, ids, columns.map(|columns| columns.saturating_sub(sizes.len() + 2)));
        writeln!(output.data(), "{sizes}  {name}")?;
    }
    let total = row(sizes(&report.total, with_kinds));
    writeln!(output.data(), "{strong}{total}{strong:#}  total")?;
    output.note("disk: log, sidecar, store and v1 files");
    if with_kinds {
        output.note("kinds: of the log as it is read");
    }
    Ok(())
}

/// Id and title of a session, in this many columns; whole where a program reads.
fn name(session: &SessionUse, ids: &BTreeMap<String, String>, room: Option<usize>) -> String {
    let (id, title) = (&session.session_id, session.title.as_deref().unwrap_or_default());
    let Some(room) = room else { return format!("{}  {}", visible(id), cut(title, TITLE)).trim_end().to_string() };
    let short = cut(ids.get(id).unwrap_or(id), room.max(LEAST));
    match room.saturating_sub(width(&short) + 2) {
        left @ 4.. => format!("{short}  {}", cut(title, left)).trim_end().to_string(),
        _ => short,
    }
}

fn sizes(usage: &Use, with_kinds: bool) -> impl Iterator<Item = String> {
    let kinds = usage.kinds;
    let of_log = if with_kinds {
        vec![kinds.text, kinds.thinking, kinds.tool_calls, kinds.tool_output, kinds.images, kinds.other]
    } else {
        vec![usage.log_bytes]
    };
    let beside = [usage.files.sidecar, usage.files.store()];
    [usage.disk_bytes].into_iter().chain(of_log).chain(beside).map(brief)
}

/// Right under each other; the first column is as wide as it needs to be.
fn row(cells: impl Iterator<Item = String>) -> String {
    let mut line = String::new();
    for (at, cell) in cells.enumerate() {
        let width = if at == 0 { SIZE - 2 } else { SIZE };
        line.push_str(&format!("{cell:>width$}"));
    }
    line
}
