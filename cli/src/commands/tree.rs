//! `tree`: the branches of a session.
//!
//! Owns: the table.
//! Invariant: the output is the same from a sidecar and from a scan.

use crate::args::TreeArgs;
use crate::output::{ExitStatus, Output, count, shorten, style, time, visible};
use crate::settings::Settings;
use anyhow::Result;
use comfy_table::{Table, presets};
use jcode_session_core::report::TreeReport;
use std::io::Write;

pub(super) fn tree(args: &TreeArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let session = super::open(&args.session, settings)?;
    let report = session.tree()?;
    if args.json {
        output.json(&report)?;
    } else {
        print(&report, output)?;
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

fn print(report: &TreeReport, output: &mut Output) -> Result<()> {
    let tree = &report.tree;
    let (s, f) = (output.style(style::STRONG), output.style(style::FAINT));
    writeln!(
        output.data(),
        "{s}{}{s:#}: {}, {}, {}",
        visible(&report.session_id),
        count(tree.entry_count, "entry", "entries"),
        count(tree.leaves.len() as u64, "branch", "branches"),
        count(tree.branch_points.len() as u64, "branch point", "branch points"),
    )?;
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["", "leaf", "entries from root", "last entry", "name"]);
    for leaf in &tree.leaves {
        let active = tree.active_leaf.as_ref() == Some(&leaf.id);
        table.add_row([
            if active { "*" } else { "" }.to_string(),
            shorten(&leaf.id, 60),
            leaf.depth.to_string(),
            time(leaf.ts),
            leaf.name.as_deref().map(|name| shorten(name, 60)).unwrap_or_default(),
        ]);
    }
    writeln!(output.data(), "{}", table.trim_fmt())?;
    if !tree.labels.is_empty() {
        writeln!(output.data(), "\nlabels")?;
        for label in &tree.labels {
            let at = time(label.labeled_at);
            writeln!(output.data(), "  {}  {}  {f}{at}{f:#}", shorten(&label.entry_id, 60), shorten(&label.name, 80))?;
        }
    }
    if !tree.branch_points.is_empty() {
        writeln!(output.data(), "\nbranch points")?;
        for point in &tree.branch_points {
            let children: Vec<String> = point.children.iter().map(|child| shorten(child, 60)).collect();
            writeln!(output.data(), "  {}  {f}->{f:#} {}", shorten(&point.id, 60), children.join(", "))?;
        }
    }
    overlooked(report, output);
    output.note("* marks the active leaf; `show --path LEAF` shows a branch");
    Ok(())
}
