//! `fork`: a new session from the path to an entry.
//!
//! Owns: what goes into the new log: the entries of the path, byte for byte, and the labels that hold on them.
//! Invariant: the forked session is only read. Does not: follow branches beside the path.

use super::append::{finish, open};
use crate::args::ForkArgs;
use crate::output::{ExitStatus, Output};
use crate::settings::Settings;
use anyhow::{Context, Result, bail};
use jcode_session_core::index::Label;
use jcode_session_core::json::text::write_string;
use jcode_session_core::write::{Durability, Parent};
use jcode_session_native::session::Session;
use jcode_session_native::writer::{NewSession, Writer};
use jcode_session_native::{host, paths};
use std::collections::BTreeSet;
use std::io::Write;

pub(super) fn fork(args: &ForkArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let log = super::resolve(&args.session, settings)?;
    let log = std::fs::canonicalize(&log).with_context(|| format!("cannot find {}", log.display()))?;
    let session = Session::read(&log)?;
    let session_id = host::new_id();
    let target = paths::folder(&log).join(format!("{session_id}.jsonl"));
    let new = NewSession {
        session_id: Some(session_id.clone()),
        cwd: session.header().and_then(|header| header.cwd.clone()).unwrap_or_default(),
        parent_session: Some(log.to_string_lossy().into_owned()),
    };
    let writer = open(&target, Durability::Throughput, Some(new), settings, output)?;
    let copied = copy(&session, args.at.as_deref(), &writer);
    finish(writer, output)?;
    if let Err(error) = copied {
        // A log with half a path in it is of no use to anybody.
        let _ = std::fs::remove_file(paths::sidecar(&target));
        let _ = std::fs::remove_file(&target);
        return Err(error.context("nothing was forked"));
    }
    writeln!(output.data(), "{session_id}")?;
    output.note(target.display());
    Ok(ExitStatus::Clean)
}

fn copy(session: &Session, at: Option<&str>, writer: &Writer) -> Result<()> {
    let mut ids = BTreeSet::new();
    let mut failed = None;
    session.path_to(at, None, &mut |entry| {
        if failed.is_some() {
            return;
        }
        let parent = if ids.is_empty() { Parent::Root } else { Parent::Leaf };
        match writer.append(&entry.line, parent) {
            Ok(id) => drop(ids.insert(id)),
            Err(error) => failed = Some(error),
        }
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    if ids.is_empty() {
        bail!("the session has no entries");
    }
    let held = session.tree()?.tree.labels;
    let missing = held.iter().filter(|label| ids.contains(&label.entry_id));
    for label in missing {
        writer.append(&label_entry(label), Parent::Leaf)?;
    }
    Ok(())
}

/// The label anew: the entry that set it may stand beside the path.
fn label_entry(label: &Label) -> Vec<u8> {
    let mut entry = br#"{"type":"label","targetId":"#.to_vec();
    write_string(&mut entry, &label.entry_id);
    entry.extend_from_slice(br#","label":"#);
    write_string(&mut entry, &label.name);
    entry.push(b'}');
    entry
}
