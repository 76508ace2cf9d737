//! `show`: entries of a session.
//!
//! Owns: which entries are shown, and whether edits are applied: on a path they are, in file order or for a single
//! entry they are not.
//! Invariant: `--json` prints the log's own lines, byte for byte.

use super::place;
use crate::args::ShowArgs;
use crate::output::{ExitStatus, Output, count};
use crate::settings::Settings;
use crate::transcript::edited::Path;
use crate::transcript::model::Message;
use crate::transcript::terminal::{self, Extent};
use anyhow::Result;
use jcode_session_native::session::{Edits, Entry, Session};

pub(super) fn show(args: &ShowArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    if args.follow {
        return super::follow::follow(args, settings, output);
    }
    let session = place::open(&args.session, place::store_of!(args), settings)?;
    super::page(output);
    if let Some(key) = &args.entry {
        as_it_stands(&session.meant(key)?, args, output)?;
    } else {
        entries(&session, args, output)?;
        if !args.file_order && args.path.is_none() && !args.json && session.has_index() {
            super::tree::overlooked(&session.tree()?, output);
        }
    }
    tell_of_damage(&session, args, output)?;
    super::tell_of_sidecar(session.path(), session.was_contradicted(), output);
    Ok(ExitStatus::Clean)
}

/// Shows the entries of a path, or those of the file.
pub(super) fn entries(session: &Session, args: &ShowArgs, output: &mut Output) -> Result<()> {
    if args.file_order {
        let mut printed = Ok(());
        session.file_order(args.tail, &mut |entry| {
            // Entries come one by one. After a failure, such as a closed pipe, the rest is skipped.
            if printed.is_ok() {
                printed = as_it_stands(&entry, args, output);
            }
        })?;
        printed
    } else {
        path(session, args, output)
    }
}

/// Hints at damage that is known without a pass over the log: what was damaged is not among the entries shown.
fn tell_of_damage(session: &Session, args: &ShowArgs, output: &mut Output) -> Result<()> {
    if session.has_index() {
        let damages = session.damages()?;
        if damages > 0 {
            let places = count(damages, "place", "places");
            let names_them = place::verify_command(session, &args.session, place::store_of!(args));
            output.note(format!("the log is damaged in {places}; `{names_them}` names them"));
        }
    }
    Ok(())
}

pub(super) fn as_it_stands(entry: &Entry, args: &ShowArgs, output: &mut Output) -> Result<()> {
    if args.json {
        output.raw_line(&entry.line)
    } else {
        terminal::entry(&Message::read(&entry.line), extent(args), output)
    }
}

/// Shows the path to a leaf: its raw lines, or its entries with the edits on the path applied.
fn path(session: &Session, args: &ShowArgs, output: &mut Output) -> Result<()> {
    if let (None, Some(count)) = (&args.path, args.tail) {
        let page = session.tail(count)?;
        let mut path = Path::new(Edits::of(page.iter().map(|entry| &*entry.line)));
        return page.iter().try_for_each(|entry| one_of(&mut path, entry, args, output));
    }
    let leaf = args.path.as_deref().map(|leaf| session.key_of(leaf)).transpose()?;
    let ranges = session.path_ranges(leaf.as_deref(), args.tail)?;
    let mut edits = Edits::default();
    if !args.json {
        for range in &ranges {
            edits.read(&session.entry_at(range.clone())?.line);
        }
    }
    let mut path = Path::new(edits);
    ranges.into_iter().try_for_each(|range| one_of(&mut path, &session.entry_at(range)?, args, output))
}

fn one_of(path: &mut Path, entry: &Entry, args: &ShowArgs, output: &mut Output) -> Result<()> {
    if args.json {
        return output.raw_line(&entry.line);
    }
    path.next(&entry.line, |message| terminal::entry(message, extent(args), output))
}

const fn extent(args: &ShowArgs) -> Extent {
    if args.full { Extent::Whole } else { Extent::Short }
}
