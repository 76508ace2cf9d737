//! `show`: entries of a session.
//!
//! Owns: which entries are meant. Invariant: with `--json` the log's own lines, byte for byte.
//! Does not: read the session or render entries.

use crate::args::ShowArgs;
use crate::output::{ExitStatus, Output};
use crate::settings::Settings;
use crate::transcript::terminal;
use anyhow::Result;
use jcode_session_native::session::Entry;

pub(super) fn show(args: &ShowArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let session = super::open(&args.session, settings)?;
    let mut printed = Ok(());
    let mut each = |entry: Entry| {
        // Entries are handed on one by one; after a failure (a closed pipe) the rest passes unseen.
        if printed.is_ok() {
            printed = if args.json { output.raw_line(&entry.line) } else { terminal::entry(&entry.line, output) };
        }
    };
    if let Some(key) = &args.entry {
        each(session.entry(key)?);
    } else if args.file_order {
        session.file_order(args.tail, &mut each)?;
    } else if let (None, Some(count)) = (&args.path, args.tail) {
        session.tail(count)?.into_iter().for_each(each);
    } else {
        session.path_to(args.path.as_deref(), args.tail, &mut each)?;
    }
    printed?;
    super::tell_of_sidecar(&session, output);
    Ok(ExitStatus::Clean)
}
