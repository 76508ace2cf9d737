//! `rename`: gives a session a title.
//!
//! Owns: the entries that set the title: one, or two for a session that comes from jcode.
//! Invariant: all of them are acknowledged before the command succeeds.

use super::append::{finish, in_a_turn, open};
use crate::args::RenameArgs;
use crate::output::{ExitStatus, Output};
use crate::settings::Settings;
use anyhow::Result;
use jcode_session_core::dialect::jcode::is_from_jcode;
use jcode_session_core::log::title;
use jcode_session_core::write::Parent;
use jcode_session_native::os::log_file::LogFile;
use std::io::Write;

pub(super) fn rename(args: &RenameArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let log = super::resolve(&args.session, settings)?;
    let mut entries = vec![title::session_info(&args.name)];
    if is_from_jcode(&LogFile::open(&log)?)? {
        entries.push(title::custom_title(&args.name));
    }
    let options = in_a_turn(args.durability, settings)?;
    let writer = open(&log, &options, settings, output)?;
    let entries: Vec<&[u8]> = entries.iter().map(Vec::as_slice).collect();
    let appended = writer.append_batch(&entries, Parent::Leaf).map_err(Into::into);
    let (ids, status) = finish(writer, &log, appended, output)?;
    for id in ids {
        writeln!(output.data(), "ack {id}")?;
    }
    Ok(status)
}
