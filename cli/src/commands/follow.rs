//! `show --follow`: the end of a session, then what is appended to it.
//!
//! Owns: when the session is looked at, and when following ends. The native host notices changes, core says what is new.
//! Invariant: an entry is printed and flushed as soon as it was seen. What waits costs a stat now and then; looking never
//! takes more than half of the time.

use super::many::{catch_interrupts, interrupted};
use super::{place, show};
use crate::args::ShowArgs;
use crate::output::{ExitStatus, Output, visible};
use crate::settings::Settings;
use anyhow::{Result, bail};
use jcode_session_native::os::host;
use jcode_session_native::os::path_text::shown;
use jcode_session_native::session::{Following, Seen, Session};
use std::time::Duration;

/// Entries that are shown before those that come.
const BEFORE: usize = 10;
/// How long nothing is looked at.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) fn follow(args: &ShowArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    if place::store_of!(args).is_some() {
        bail!("a session in an archive does not grow while it is read: `--follow` is for sessions here");
    }
    catch_interrupts();
    let (session, mut following) = Following::open(&super::resolve(&args.session, settings)?)?;
    last_page(&session, args, output)?;
    drop(session);
    while !interrupted() {
        let begun = host::instant();
        match following.look()? {
            Seen::Nothing => {}
            Seen::Entries(entries) => {
                entries.iter().try_for_each(|entry| show::as_it_stands(entry, args, output))?;
                output.flush()?;
            }
            Seen::Replaced(session) => {
                output.warn(visible(&format!(
                    "{} was cut or replaced; what follows is the end of what is there now",
                    shown(session.path())
                )));
                last_page(&session, args, output)?;
            }
        }
        if output.waited_until_closed(PAUSE.max(begun.elapsed())) {
            break;
        }
    }
    Ok(ExitStatus::Clean)
}

fn last_page(session: &Session, args: &ShowArgs, output: &mut Output) -> Result<()> {
    let args = ShowArgs { tail: Some(args.tail.unwrap_or(BEFORE)), ..args.clone() };
    show::entries(session, &args, output)?;
    output.flush()
}
