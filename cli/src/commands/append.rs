//! `append` and `label`: write entries from the command line into a session.
//!
//! Owns: the lines of standard input, and the acknowledgements. The native writer writes.
//! Invariant: an entry is acknowledged on standard output at once when the mode allows it. The first refused entry ends
//! the run, because later entries would get another parent than their author meant.

use crate::args::{AppendArgs, DurabilityArgs, LabelArgs};
use crate::output::{ExitStatus, Output, count, visible};
use crate::settings::Settings;
use anyhow::{Context, Result, anyhow, bail};
use jcode_session_core::json::text::write_string;
use jcode_session_core::log::id_of;
use jcode_session_core::parts::Part;
use jcode_session_core::write::{AppendError, Parent};
use jcode_session_native::ops::seal::Segments;
use jcode_session_native::os::folders;
use jcode_session_native::os::path_text::{plain, shown};
use jcode_session_native::os::paths;
use jcode_session_native::os::stat;
use jcode_session_native::session::Session;
use jcode_session_native::writer::{Closed, LockMode, NewSession, Writer, WriterOptions};
use std::ffi::OsStr;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};

pub(super) fn append(args: &AppendArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let (log, create) = resolve_or_new(&args.session, settings)?;
    let asked = settings.segments(&args.segments)?;
    let segments = asked.size.map(|size| Segments { size, compress: asked.compress });
    if segments.is_none() && args.segments.compress {
        bail!("--compress is about segments: say --segment-size too, or `seal --compress` for those that are there");
    }
    let options = WriterOptions {
        durability: settings.durability(args.durability)?,
        create,
        segments,
        ..WriterOptions::default()
    };
    let parent = args.parent.as_deref().map(|word| meant(word, &log, &options)).transpose()?;
    let writer = open(&log, &options, settings, output)?;
    let appended = from_input(&writer, &log, parent.as_deref(), output);
    Ok(finish(writer, &log, appended, output)?.1)
}

/// An existing session, or a path at which a session is to be made.
fn resolve_or_new(session: &OsStr, settings: &Settings) -> Result<(PathBuf, Option<NewSession>)> {
    let path = plain(session.into());
    let path = path.as_path();
    let names_a_log = paths::part(path) == Part::Log;
    // An empty file counts as one that a program made for its session and has not written to yet.
    let is_empty = stat::lstat(path).is_ok_and(|there| there.is_file() && there.len() == 0);
    let is_missing = stat::lstat(path).is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
    if !(is_empty || is_missing && names_a_log) {
        return Ok((super::resolve(session, settings)?, None));
    }
    make_room(paths::folder(path), settings)?;
    let stem = paths::stem(path);
    let cwd = std::env::current_dir().context("cannot tell the working directory")?;
    let new = NewSession {
        session_id: paths::is_session_id(&stem).then_some(stem),
        cwd: cwd.to_string_lossy().into_owned(),
        ..NewSession::default()
    };
    Ok((path.to_path_buf(), Some(new)))
}

/// The whole id of the entry that a word names. A session that is to be made has none yet, and says so.
fn meant(word: &str, log: &Path, options: &WriterOptions) -> Result<String> {
    if options.create.is_some() {
        return Ok(word.to_string());
    }
    let session = Session::read(log)?;
    session.detected().writable().with_context(|| log.display().to_string())?;
    Ok(session.key_of(word)?)
}

/// Makes the folder of a new session, if it lies in one of the sessions folders.
fn make_room(folder: &Path, settings: &Settings) -> Result<()> {
    if folder.exists() {
        return Ok(());
    }
    let name = visible(&shown(folder));
    if !settings.roots.iter().any(|root| folder.starts_with(root)) {
        bail!("the folder {name} is not there; make it first, or name a session in a folder that is");
    }
    folders::make_all(folder).with_context(|| format!("cannot make the folder {name}"))
}

/// For a command that appends an entry or two, and need not keep others from the session for longer.
pub(super) fn in_a_turn(args: DurabilityArgs, settings: &Settings) -> Result<WriterOptions> {
    Ok(WriterOptions { durability: settings.durability(args)?, lock: LockMode::Batch, ..WriterOptions::default() })
}

/// Opens a session for writing and tells what recovery did.
pub(super) fn open(log: &Path, options: &WriterOptions, settings: &Settings, output: &mut Output) -> Result<Writer> {
    let mut writer = Writer::open(log, options)?;
    writer.list_in(&settings.home, log);
    if let Some(aside) = writer.recovery().set_aside {
        let name = aside.name.name().map(|name| name.as_str().to_string()).unwrap_or_default();
        let place = paths::store(log).join("quarantine").join(name);
        output.warn(format_args!(
            "{} bytes at byte {} were damaged and are set aside in {}; `repair` salvages {} whole records from them",
            aside.name.len,
            aside.name.offset,
            visible(&shown(&place)),
            aside.records,
        ));
    }
    Ok(writer)
}

fn from_input(writer: &Writer, log: &Path, parent: Option<&str>, output: &mut Output) -> Result<()> {
    let mut told = false;
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    let mut parent = parent.map_or(Parent::Leaf, Parent::Id);
    for number in 1u64.. {
        line.clear();
        if input.read_until(b'\n', &mut line).context("cannot read standard input")? == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let id = writer.append(&line, parent).map_err(|error| explain(error, number))?;
        parent = Parent::Leaf;
        writeln!(output.data(), "ack {id}")?;
        output.flush()?;
        if !told && let Some(from) = writer.foreign_from() {
            warn_foreign(log, from, output);
            told = true;
        }
    }
    Ok(())
}

fn explain(error: AppendError, line: u64) -> anyhow::Error {
    anyhow!(error).context(format!("line {line} of standard input was not appended, and nothing behind it"))
}

/// Closes a session after an append and returns the append's result. A lagging sidecar is no failure; lines of another
/// program, which took no lock, are a problem.
pub(super) fn finish<T>(
    writer: Writer,
    log: &Path,
    appended: Result<T>,
    output: &mut Output,
) -> Result<(T, ExitStatus)> {
    let (latched, told) = (writer.latched().is_some(), writer.foreign_from().is_some());
    let unwritten = match writer.close() {
        Ok(closed) => {
            let status = note_closed(log, &closed, told, output);
            return Ok((appended?, status));
        }
        Err(unwritten) => unwritten,
    };
    hand_back(&unwritten.lines, output);
    match appended {
        // The cause of the latch is reported with the entry that met it.
        Err(error) if latched => return Err(error),
        Err(error) => output.error(&error),
        Ok(_) => {}
    }
    Err(anyhow!(unwritten.error).context("not everything that was appended is on the disk"))
}

/// Prints lines that were acknowledged, are not in the log, and could not be set aside.
pub(super) fn hand_back(lines: &[u8], output: &mut Output) {
    if lines.is_empty() {
        return;
    }
    let of_lines = count(lines.iter().filter(|&&b| b == b'\n').count() as u64, "line", "lines");
    output.warn(format_args!("acknowledged, and neither in the log nor set aside: {of_lines}, which follow"));
    output.lines_aside(lines);
}

/// Reports the result of closing.
pub(super) fn note_closed(log: &Path, closed: &Closed, told: bool, output: &mut Output) -> ExitStatus {
    if let Some(why) = &closed.sidecar_lags {
        output.note(format_args!("the sidecar lags behind and is brought up to date later: {}", visible(why)));
    }
    if let Some(why) = &closed.not_sealed {
        output.warn(format_args!("older lines were not sealed, the log is whole as it is: {}", visible(why)));
    }
    match closed.foreign_from {
        None => ExitStatus::Clean,
        Some(from) => {
            if !told {
                warn_foreign(log, from, output);
            }
            ExitStatus::Problems
        }
    }
}

fn warn_foreign(log: &Path, from: u64, output: &mut Output) {
    output.warn(format_args!(
        "another program wrote to {} while it was open here, from byte {from} on, and took no lock; its lines are kept as \
         they are, and indexed",
        visible(&log.to_string_lossy()),
    ));
}

pub(super) fn label(args: &LabelArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let log = super::resolve(&args.session, settings)?;
    // Reports why the log cannot be written, or that the entry is missing, before anything is written.
    let session = Session::read(&log)?;
    session.detected().writable().with_context(|| log.display().to_string())?;
    let key = session.key_of(&args.entry)?;
    let target = session.entry(&key)?.id_token();
    super::tell_of_sidecar(&log, session.was_contradicted(), output);
    let mut entry = br#"{"type":"label","targetId":"#.to_vec();
    match target.filter(|token| id_of(token).as_deref() == Some(&*key)) {
        Some(as_in_the_log) => entry.extend_from_slice(&as_in_the_log),
        None => write_string(&mut entry, &key),
    }
    if !args.name.is_empty() {
        entry.extend_from_slice(br#","label":"#);
        write_string(&mut entry, &args.name);
    }
    entry.push(b'}');
    let options = in_a_turn(args.durability, settings)?;
    let writer = open(&log, &options, settings, output)?;
    let appended = writer.append(&entry, Parent::Leaf).map_err(Into::into);
    let (id, status) = finish(writer, &log, appended, output)?;
    writeln!(output.data(), "ack {id}")?;
    Ok(status)
}
