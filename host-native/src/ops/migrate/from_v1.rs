//! Migration of jcode's v1 sessions: the first time, and after jcode went on writing v1.
//!
//! Owns: the steps. Invariant: the v1 files are only read. The log appears, or grows, by one rename; it is put in
//! place only after it was compared with a second replay of the v1 files, and only if those did not change meanwhile.
//! Does not: know the formats; core does.

use crate::ops::ledger;
use crate::ops::migrate::{MigrateError, Options, Plan, check_room, copy, sidecar_bytes, skipped, up_to_date};
use crate::os::files::PathError;
use crate::os::log_file::LogFile;
use crate::os::replace::{Expect, publish, temporary_for};
use crate::session::v1::V1Files;
use crate::sidecar::rebuild::{self, Known, Tick};
use crate::sidecar::{self, Sidecar};
use jcode_session_core::dialect::jcode::replay;
use jcode_session_core::dialect::jcode::{Growth, Replay, plan_growth, present};
use jcode_session_core::index::IndexBuilder;
use jcode_session_core::log::{Dialect, LogScan, OpenLine, ScanEnd, scan_source};
use jcode_session_core::report::MigrateAction;
use jcode_session_core::source::{ByteSource, SourceError};
use std::io::Write;
use std::path::Path;
use tempfile::NamedTempFile;

/// Migrates the v1 session whose log is, or will be, `log`.
pub(super) fn migrate(
    log: &Path,
    files: &V1Files,
    options: Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, MigrateError> {
    let stamps = files.stamps();
    if log.is_file() { grow(log, files, &stamps, options, tick) } else { first(log, files, &stamps, options, tick) }
}

fn open(files: &V1Files, tick: &mut Tick<'_>) -> Result<Replay<LogFile>, MigrateError> {
    Ok(replay(files.open()?, &mut |bytes| tick(bytes))?)
}

fn upgrade(entry_count: u64, bytes: u64) -> Plan {
    let bytes_needed = bytes.saturating_add(sidecar_bytes(entry_count));
    Plan { action: MigrateAction::Upgrade, dialect: Some(Dialect::JcodeV1), entry_count, bytes_needed, reason: None }
}

fn first(
    log: &Path,
    files: &V1Files,
    stamps: &str,
    options: Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, MigrateError> {
    let rendered = present(open(files, tick)?)?;
    let plan = upgrade(rendered.entry_count(), rendered.len());
    check_room(log, plan.bytes_needed)?;
    if options.dry_run {
        return Ok(plan);
    }
    let mut temporary = temporary_for(log)?;
    copy(&rendered, &mut temporary)?;
    put_in_place(log, temporary, files, stamps, None, tick)?;
    Ok(plan)
}

fn grow(
    log: &Path,
    files: &V1Files,
    stamps: &str,
    options: Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, MigrateError> {
    let mut old = LogFile::open(log)?;
    let state = sidecar::open(&old)?;
    if let (Sidecar::Fresh { reader, .. }, false) = (&state, options.force)
        && reader.meta().migrated_from.as_deref() == Some(stamps)
    {
        return Ok(up_to_date(reader.meta().counts.entries));
    }
    old.map_if_guarded();
    let growth = plan_growth(&old, open(files, tick)?, &mut |bytes| tick(bytes))?;
    let more = match growth {
        Growth::Diverged => {
            let reason = "diverged: entries were appended to the log and jcode went on writing v1; both are untouched";
            return Ok(skipped(Some(Dialect::JcodeV1), reason));
        }
        Growth::Nothing => return nothing_new(&old, state, stamps, options, tick),
        Growth::Append(more) => more,
    };
    let (entries, end) = scan(&old, tick)?;
    if matches!(end.open_line, OpenLine::Torn | OpenLine::Salvaged) {
        let reason = "the log's last line is incomplete; `repair` sets it aside";
        return Ok(skipped(Some(Dialect::JcodeV1), reason));
    }
    let plan = upgrade(entries + more.entry_count(), old.len() + 1 + more.len());
    check_room(log, plan.bytes_needed)?;
    if options.dry_run {
        drop(rebuild::lock(&old)?);
        return Ok(plan);
    }
    let lock = rebuild::lock(&old)?;
    let mut temporary = temporary_for(log)?;
    copy(&old, &mut temporary)?;
    if end.open_line == OpenLine::Whole {
        temporary.write_all(b"\n").map_err(PathError::new("write", temporary.path()))?;
    }
    copy(&more, &mut temporary)?;
    put_in_place(log, temporary, files, stamps, Some(&old), tick)?;
    drop(lock);
    Ok(plan)
}

/// The log holds all of v1 already: only its sidecar may need work, or the note up to where v1 was followed.
fn nothing_new(
    log: &LogFile,
    state: Sidecar,
    stamps: &str,
    options: Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, MigrateError> {
    let fresh = matches!(state, Sidecar::Fresh { .. }) && !options.force;
    drop(state);
    let entries = scan(log, tick)?.0;
    if !options.dry_run {
        if !fresh {
            rebuild::update(log, options.force, tick)?;
        }
        rebuild::note_source(log, stamps)?;
    }
    Ok(if fresh { up_to_date(entries) } else { crate::ops::migrate::index(entries) })
}

fn scan(log: &LogFile, tick: &mut Tick<'_>) -> Result<(u64, ScanEnd), SourceError> {
    let mut builder = IndexBuilder::new(());
    let end = scan_source(log, 0..log.len(), LogScan::new(), &mut builder, &mut |bytes| tick(bytes))?;
    Ok((builder.entry_count(), end))
}

/// Proves a written log against the v1 files, puts it in place, records that, and builds its sidecar.
fn put_in_place(
    log: &Path,
    temporary: NamedTempFile,
    files: &V1Files,
    stamps: &str,
    old: Option<&LogFile>,
    tick: &mut Tick<'_>,
) -> Result<(), MigrateError> {
    let mut written = LogFile::open(temporary.path())?;
    written.map_if_guarded();
    let holds_all = matches!(plan_growth(&written, open(files, tick)?, &mut |bytes| tick(bytes))?, Growth::Nothing);
    if !files.unchanged(stamps) {
        return Err(MigrateError::SourceChanged);
    }
    if !holds_all {
        return Err(MigrateError::NotEqual);
    }
    let expected = match old {
        Some(old) => {
            ledger::record_before_v1_growth(log)?;
            Expect::Same(old.file_stamp())
        }
        None => {
            ledger::record_first_v1_migration(log, &written)?;
            Expect::Nothing
        }
    };
    let stamp = publish(temporary, log, expected)?;
    let mut new = LogFile::open(log)?;
    new.map_if_guarded();
    if old.is_some() {
        ledger::record_v1_growth(log, &new)?;
    }
    let known = Known { synced_len: stamp.len, migrated_from: Some(stamps.to_string()), ..Known::default() };
    rebuild::build_knowing(&new, &known, tick)?;
    Ok(())
}
