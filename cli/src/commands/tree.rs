//! `tree`: the branches of a session.
//!
//! Owns: the printed form, except for the drawing.
//! Invariant: the output is the same from a sidecar and from a scan.

use super::place;
use crate::args::TreeArgs;
use crate::output::{ExitStatus, Output, ago, count, shorten, style, visible};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_core::report::TreeReport;
use jcode_session_native::os::host;
use jcode_session_native::session::Session;
use std::io::Write;

pub(super) fn tree(args: &TreeArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let session = place::open(&args.session, place::store_of!(args), settings)?;
    let report = session.tree()?;
    super::page(output);
    if args.json {
        output.json(&report)?;
    } else {
        print(&session, &report, output)?;
    }
    super::tell_of_sidecar(session.path(), session.was_contradicted(), output);
    Ok(ExitStatus::Clean)
}

/// Prints a note if the active leaf ends a short branch beside a longer and newer one that the user may be looking for.
pub(super) fn overlooked(report: &TreeReport, output: &mut Output) {
    let tree = &report.tree;
    if let (Some(leaf), Some(active)) = (tree.overlooked(), &tree.active_leaf) {
        let entries = count(u64::from(leaf.depth), "entry", "entries");
        let (leaf, active) = (visible(&leaf.id), visible(active));
        output.note(format!(
            "the active leaf {active} ends a shorter and older branch than {leaf}, of {entries}: `show --path {leaf}` shows that one"
        ));
    }
}

fn print(session: &Session, report: &TreeReport, output: &mut Output) -> Result<()> {
    let tree = &report.tree;
    let (s, f) = (output.style(style::STRONG), output.style(style::FAINT));
    let entries = count(tree.entry_count, "entry", "entries");
    let branches = count(tree.leaves.len() as u64, "branch", "branches");
    writeln!(output.data(), "{s}{}{s:#}\n{entries}, {branches}", visible(&report.session_id))?;
    super::tree_lines::draw(session, output)?;
    if !tree.labels.is_empty() {
        writeln!(output.data(), "\nlabels")?;
        let targets: Vec<&str> = tree.labels.iter().map(|label| label.entry_id.as_str()).collect();
        for (label, key) in tree.labels.iter().zip(session.short_keys(&targets)?) {
            let at = label.labeled_at.map(|at| ago(at, host::now_ms())).unwrap_or_default();
            writeln!(output.data(), "  {}  {}  {f}{at}{f:#}", shorten(&key, 60), shorten(&label.name, 80))?;
        }
    }
    overlooked(report, output);
    output.note("* is the active branch; `show --path ID` shows one");
    Ok(())
}
