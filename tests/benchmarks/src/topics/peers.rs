//! The same questions, answered by pi and by a program that parses the whole log into values.

use super::Topic;
use crate::lab::Lab;
use crate::peer;
use crate::record::{Figure, Row, Unit};
use crate::turns::{in_turns, timed, timed_each};
use crate::{Outcome, floors, process};
use jcode_session_native::session::{Session, SessionError};
use std::path::Path;
use std::process::Command;

pub const TOPIC: Topic = Topic {
    name: "peers",
    title: "The same questions to others",
    about: "A log of 100 MB with a fresh sidecar, and the large one where it says so. pi's times begin when it touches the file; starting Node and loading pi are not in them. `full parse` is serde_json into a value for each line, with its features `preserve_order` and `arbitrary_precision`.",
    measure,
};

fn measure(lab: &mut Lab) -> Outcome<()> {
    let log = lab.medium()?.to_path_buf();
    let tail = || timed_each(20, || Ok(Session::open(&log)?.0.tail(50)?));
    let parse = || timed(|| floors::full_parse(&log));
    let [ours, parsed] = in_turns(lab.rounds(5), [&mut || tail(), &mut || parse()])?;
    lab.add(Row::new("open and last 50 entries", Unit::Seconds, ours).peer("full parse", parsed));
    let ours = memory(lab, &["show", "--tail", "50"], &log)?;
    let mut child = Command::new(std::env::current_exe()?);
    let parsed = process::watch(child.arg("parse").arg(&log))?.anonymous;
    lab.add(
        Row::new("open and last 50 entries, anonymous memory", Unit::Bytes, ours)
            .peer("full parse", Figure(vec![parsed])),
    );
    if let Err(why) = &lab.pi {
        let why = why.clone();
        lab.skip(why);
        return Ok(());
    }
    against_pi(lab, "open and last 50 entries", "open", &log, |session| session.tail(50).map(drop))?;
    against_pi(lab, "open and tree", "tree", &log, |session| session.tree().map(drop))?;
    against_pi(lab, "open and all entries of the active path", "context", &log, |session| {
        session.path_to(None, None, &mut drop)
    })?;
    pi_memory(lab, "open and last 50 entries, anonymous memory", &log)?;
    let large = lab.large()?.to_path_buf();
    let what = "open and last 50 entries, 1.1 GB";
    against_pi(lab, what, "open", &large, |session| session.tail(50).map(drop))?;
    pi_memory(lab, "open and last 50 entries, 1.1 GB, anonymous memory", &large)
}

type Ask = fn(&Session) -> Result<(), SessionError>;

fn against_pi(lab: &mut Lab, what: &str, asked: &str, log: &Path, ask: Ask) -> Outcome<()> {
    let Ok(pi) = &lab.pi else { return Ok(()) };
    let mut ours = || timed_each(5, || Ok(ask(&Session::open(log)?.0)?));
    let [ours, theirs] = in_turns(lab.rounds(3), [&mut ours, &mut || pi.seconds(asked, log)])?;
    lab.add(Row::new(what, Unit::Seconds, ours).peer(peer::name(), theirs));
    Ok(())
}

fn pi_memory(lab: &mut Lab, what: &str, log: &Path) -> Outcome<()> {
    let ours = memory(lab, &["show", "--tail", "50"], log)?;
    let Ok(pi) = &lab.pi else { return Ok(()) };
    let theirs = Figure(vec![pi.usage("open", log)?.anonymous]);
    lab.add(Row::new(what, Unit::Bytes, ours).peer(peer::name(), theirs));
    Ok(())
}

fn memory(lab: &Lab, arguments: &[&str], log: &Path) -> Outcome<Figure> {
    Ok(Figure(vec![process::watch(lab.command(arguments).arg(log))?.anonymous]))
}
