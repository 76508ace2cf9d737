//! `tag`: shows or changes the tags of a session.
//!
//! Owns: the meaning of `+T` and `-T`. The native host writes.
//! Invariant: without a change nothing is written.

use super::append::{hand_back, note_closed};
use crate::args::TagArgs;
use crate::output::{ExitStatus, Output, visible};
use crate::settings::Settings;
use anyhow::{Result, bail};
use jcode_session_native::writer::tags::{self, TagsError};
use std::io::Write;

pub(super) fn tag(args: &TagArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let Some((session, words)) = args.words.split_first() else { bail!("which SESSION?") };
    let changes = words.iter().map(|word| change(&word.to_string_lossy())).collect::<Result<Vec<_>>>()?;
    let log = super::resolve(session, settings)?;
    let mut status = ExitStatus::Clean;
    let set = if changes.is_empty() {
        tags::read(&log)?
    } else {
        let changed = tags::change(&log, &changes, settings.durability(args.durability)?, &settings.home);
        if let Err(TagsError::Close(unwritten)) = &changed {
            hand_back(&unwritten.lines, output);
        }
        let (set, closed) = changed?;
        if let Some(closed) = closed {
            status = note_closed(&log, &closed, false, output);
        }
        set
    };
    for tag in set {
        writeln!(output.data(), "{}", visible(&tag))?;
    }
    Ok(status)
}

fn change(word: &str) -> Result<(String, bool)> {
    match word.split_at_checked(1) {
        _ if word.starts_with("--") => bail!("`{word}`: flags stand in front of SESSION, behind it only `+T` and `-T`"),
        Some(("+", tag)) => Ok((tag.to_string(), true)),
        Some(("-", tag)) => Ok((tag.to_string(), false)),
        _ => bail!("`{word}`: say `+{word}` to add the tag or `-{word}` to take it away"),
    }
}
