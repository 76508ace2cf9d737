//! `export`: a session as one file in another form.
//!
//! Owns: the target file. [`crate::transcript`], [`given_away`] and `jcode_session_core::dialect::jcode` write the forms.
//! Invariant: a file appears whole or not at all, private to the user. It replaces another file only with `--force`,
//! and never the log. Ctrl-C before that leaves what was there.

mod given_away;
#[cfg(feature = "parquet")]
mod tables;
mod watched;

use super::many::{self, catch_interrupts, interrupted};
use super::place;
use crate::args::{ExportArgs, ExportFormat, Redact};
use crate::output::{ExitStatus, Output, Progress, count};
use crate::settings::Settings;
use crate::transcript::blobs::Blobs;
use crate::transcript::html::Html;
use crate::transcript::markdown::Markdown;
use crate::transcript::{self, WriteError, Writer};
use anyhow::{Context, Result, bail};
use given_away::GivenAway;
use jcode_session_core::dialect::FileKind;
use jcode_session_core::dialect::jcode::{self, ExportError};
use jcode_session_core::source::Pieces;
use jcode_session_native::ops::import::original;
use jcode_session_native::os::files::{PathError, stamp};
use jcode_session_native::os::replace::{publish, publish_new, temporary_for};
use jcode_session_native::os::stat;
use jcode_session_native::session::Session;
use std::io::{BufWriter, Write};
use std::path::Path;
use watched::Watched;

/// Bytes that are copied or buffered at once.
const STEP: usize = 1 << 18;

pub(super) fn export(args: &ExportArgs, settings: &Settings, output: &mut Output) -> Result<ExitStatus> {
    let format = format(args)?;
    if args.path.is_some() && format != ExportFormat::Atif {
        bail!("--path goes with `--format atif`: the other forms have all that they have room for");
    }
    #[cfg(feature = "parquet")]
    if format == ExportFormat::Parquet {
        return tables::export(args, settings, output);
    }
    let word = args.session.as_deref().context("which session? --all goes with `--format parquet`")?;
    let session = place::open(word, place::store_of!(args), settings)?;
    if place::store_of!(args).is_some() && format == ExportFormat::Original {
        bail!("the file that a session was imported from is given back where its store is; `pull` the session first");
    }
    let log = session.path().to_path_buf();
    // A session of another agent can be exported as v3, but not as jcode-v1, which it never was.
    let is_shown =
        matches!(format, ExportFormat::V3 | ExportFormat::Hf) && session.detected().kind == FileKind::Foreign;
    let is_log = matches!(format, ExportFormat::V3 | ExportFormat::Hf | ExportFormat::JcodeV1);
    if is_log && !is_shown {
        session.detected().known().with_context(|| log.display().to_string())?;
    }
    let before_header = if format == ExportFormat::V3 { before_header(&session) } else { 0 };
    let mut given_away = GivenAway::new(redact(args, format)?)?;
    let blobs = Blobs::beside(&log);
    let mut form = Form { format, leaf: args.path.as_deref(), given_away: &mut given_away, blobs: &blobs };
    match args.output.as_deref().filter(|target| *target != Path::new("-")) {
        None => unless_interrupted(to_output(&mut form, &session, output), || "the output is not whole".into())?,
        Some(target) => {
            let replaces = replaces(target, &log, args.force)?;
            let written = to_file(&mut form, &session, target, replaces, output);
            unless_interrupted(written, || format!("{} was not written", target.display()))?;
            output.note(format!("written: {}", target.display()));
        }
    }
    if before_header > 0 {
        let bytes = count(before_header, "byte", "bytes");
        output.note(format_args!("{bytes} before the header are no part of the session and were left out"));
    }
    if let Some((missing, folder)) = blobs.missing() {
        let place = folder.map_or_else(String::new, |folder| format!("; looked for in {}", folder.display()));
        output.note(format!("{} missing{place}", count(missing as u64, "file it refers to", "files it refers to")));
    }
    if matches!(format, ExportFormat::Hf | ExportFormat::Atif) {
        given_away.tell(&session, output)?;
    }
    super::tell_of_sidecar(session.path(), session.was_contradicted(), output);
    Ok(ExitStatus::Clean)
}

/// Writes a form to standard output.
fn to_output(form: &mut Form<'_>, session: &Session, output: &mut Output) -> Result<()> {
    form.prepare(session, output)?;
    let visible = output.is_terminal();
    // A bar would stand between the lines.
    let progress = if visible { Progress::hidden() } else { form.progress(session, output) };
    let written = form.write(session, &mut BufWriter::new(Watched::new(output.data(), &progress)), visible);
    progress.finish();
    written
}

/// Writes a form to a file, which appears at the end.
fn to_file(form: &mut Form<'_>, session: &Session, target: &Path, replaces: bool, output: &Output) -> Result<()> {
    form.prepare(session, output)?;
    let progress = form.progress(session, output);
    let mut file = BufWriter::with_capacity(STEP, Watched::new(temporary_for(target)?, &progress));
    let written = form.write(session, &mut file, false);
    progress.finish();
    written.with_context(|| format!("cannot export to {}", target.display()))?;
    let file = file.into_inner().map_err(std::io::IntoInnerError::into_error);
    let file = file.with_context(|| format!("cannot write in the folder of {}", target.display()))?.into_inner();
    if replaces {
        publish(file, target)?
    } else {
        publish_new(file, target)?
    }
    Ok(())
}

/// Says what stands when Ctrl-C ended the work.
fn unless_interrupted(done: Result<()>, stands: impl FnOnce() -> String) -> Result<()> {
    if done.is_err() && interrupted() {
        bail!("interrupted; {}", stands());
    }
    done
}

/// How much is to be left out.
fn redact(args: &ExportArgs, format: ExportFormat) -> Result<Redact> {
    match (format, args.redact) {
        (ExportFormat::Hf | ExportFormat::Atif, redact) => Ok(redact.unwrap_or_default()),
        (_, None | Some(Redact::Off)) => Ok(Redact::Off),
        _ => bail!("--redact goes with `--format hf`, atif and parquet: the other forms are whole"),
    }
}

/// What is asked for, else what the name of the target says.
fn format(args: &ExportArgs) -> Result<ExportFormat> {
    let ending = args.output.as_deref().and_then(Path::extension).map(|ending| ending.to_ascii_lowercase());
    let named = match ending.as_deref().and_then(std::ffi::OsStr::to_str) {
        Some("html" | "htm") => Some(ExportFormat::Html),
        Some("md" | "markdown") => Some(ExportFormat::Markdown),
        Some("jsonl") => Some(ExportFormat::V3),
        Some("json") => Some(ExportFormat::JcodeV1),
        _ => None,
    };
    args.format
        .or(named)
        .context("what should be written? `--format html`, markdown, v3, jcode-v1, hf, atif, parquet or original")
}

/// True if a file exists at the target and may be replaced.
fn replaces(target: &Path, log: &Path, force: bool) -> Result<bool> {
    let there = match stat::lstat(target) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(PathError::new("read", target)(error).into()),
    };
    if there.is_dir() {
        bail!("{} is a folder; name a file in it", target.display());
    }
    let same = |a, b| matches!((a, b), (Some((dev, ino)), Some(other)) if (dev, ino) == other && ino != 0);
    let inode = |path| stamp(path).map(|stamp| stamp.map(|stamp| (stamp.dev, stamp.ino)));
    if same(inode(target)?, inode(log)?) || target == log {
        bail!("{} is the session's own log; name another file", target.display());
    }
    if !force {
        bail!("{} exists; --force replaces it", target.display());
    }
    Ok(true)
}

/// A form, and what it depends on.
struct Form<'a> {
    format: ExportFormat,
    leaf: Option<&'a str>,
    given_away: &'a mut GivenAway,
    blobs: &'a Blobs,
}

impl Form<'_> {
    /// Makes the pass over the log that a form of a path needs.
    fn prepare(&self, session: &Session, output: &Output) -> Result<()> {
        catch_interrupts();
        if matches!(self.format, ExportFormat::V3 | ExportFormat::Hf | ExportFormat::Original) || session.has_index() {
            return Ok(());
        }
        let progress = output.progress_over(|| Some(session.bytes().len()), "reading");
        Ok(many::watched(&progress, |tick| session.prepare(tick))?)
    }

    /// Only of a form of the whole log it is known how long it will be.
    fn progress(&self, session: &Session, output: &Output) -> Progress {
        let is_log = matches!(self.format, ExportFormat::V3 | ExportFormat::Hf);
        output.progress_over(|| is_log.then(|| session.bytes().len()), "exporting")
    }

    fn write(&mut self, session: &Session, out: &mut impl Write, visible: bool) -> Result<()> {
        match self.format {
            ExportFormat::Hf => self.given_away.v3(session, out)?,
            ExportFormat::Atif => self.given_away.trajectory(session, self.leaf, out)?,
            ExportFormat::V3 => copy(session, self.blobs, out)?,
            ExportFormat::JcodeV1 => {
                let path = session.path_ranges(None, None)?;
                let written = jcode::export(&session.bytes(), path.into_iter(), &mut |bytes| out.write_all(bytes));
                match written {
                    // Return the cause alone, so that a closed pipe is recognised.
                    Err(ExportError::Output(error)) => return Err(error.into()),
                    written => written.with_context(|| session.path().display().to_string())?,
                }
            }
            ExportFormat::Original => {
                let given = original(session.path(), &mut |bytes| out.write_all(bytes))?;
                given?;
            }
            #[cfg(feature = "parquet")]
            ExportFormat::Parquet => {}
            ExportFormat::Html => transcribe(session, self.blobs, &mut Html::new(&mut *out))?,
            ExportFormat::Markdown => transcribe(session, self.blobs, &mut Markdown::new(&mut *out, visible))?,
        }
        out.flush()?;
        Ok(())
    }
}

fn transcribe(session: &Session, blobs: &Blobs, writer: &mut dyn Writer) -> Result<()> {
    transcript::write(session, blobs, writer, &interrupted).map_err(|error| match error {
        WriteError::Output(error) => error.into(),
        WriteError::Session(error) => error.into(),
        WriteError::Interrupted => error.into(),
    })
}

/// Number of bytes before the header. Other programs expect the header in the first line.
fn before_header(session: &Session) -> u64 {
    session.header().map_or(0, |header| header.offset)
}

/// Copies the log in the current dialect, from its header on, with what its lines refer to.
fn copy(session: &Session, blobs: &Blobs, out: &mut impl Write) -> Result<()> {
    let bytes = session.bytes();
    let mut pieces = Pieces::new(&bytes, before_header(session)..bytes.len());
    let has_blobs = blobs.are_there();
    let mut rest = Vec::new();
    while let Some((_, piece)) = pieces.read().with_context(|| session.path().display().to_string())? {
        if !has_blobs {
            out.write_all(piece)?;
            continue;
        }
        // A reference may lie across two pieces, never across two lines.
        let (lines, begun) = piece.split_at(memchr::memrchr(b'\n', piece).map_or(0, |end| end + 1));
        rest.extend_from_slice(lines);
        if !lines.is_empty() {
            out.write_all(&blobs.resolved(&rest))?;
            rest.clear();
        }
        rest.extend_from_slice(begun);
    }
    out.write_all(&blobs.resolved(&rest))?;
    bytes.still_whole().with_context(|| session.path().display().to_string())
}
