//! Migration of jcode's v1 sessions, the first time and after jcode went on writing v1.
//!
//! Owns: lock, room, stamps and sidecar of such a migration, and what the sidecar remembers of the v1 files.
//! Invariant: the v1 files are only read. Core decides the steps and knows the formats.

use crate::ops::migrate::{
    MigrateError, Options, Plan, check_names, check_room, count_entries, index, index_new, is_link, link, note_current,
    now, sidecar_bytes, skipped, unfit, up_to_date,
};
use crate::os::host;
use crate::os::lock::SessionLock;
use crate::os::log_file::LogFile;
use crate::os::names::before_sidecar;
use crate::os::segments;
use crate::session::v1::V1Files;
use crate::sidecar::look::{Right, look};
use crate::sidecar::rebuild::{self, Known, Tick};
use jcode_session_core::dialect::detect;
use jcode_session_core::dialect::jcode::V1Sources;
use jcode_session_core::log::Dialect;
use jcode_session_core::report::MigrateAction;
use jcode_session_core::source::ByteSource;
use jcode_session_core::storage::StorageError;
use jcode_session_core::store::SessionStore;
use jcode_session_core::store::migrate::from_v1::{self, FromV1};
use std::path::Path;

/// The v1 files, and their stamps before they were read.
struct Seen<'f> {
    files: &'f V1Files,
    stamps: String,
}

impl from_v1::V1Files for Seen<'_> {
    type Source = LogFile;

    fn open(&self) -> Result<V1Sources<LogFile>, StorageError> {
        Ok(self.files.open()?)
    }

    fn unchanged(&self) -> bool {
        self.files.unchanged(&self.stamps)
    }
}

/// Migrates the v1 session whose log is, or will be, `log`.
pub(super) fn migrate(
    log: &Path,
    files: &V1Files,
    options: Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, MigrateError> {
    let seen = Seen { files, stamps: files.stamps() };
    if log.is_file() {
        return grow(log, &seen, options, tick);
    }
    let new = from_v1::first(&seen, &mut |bytes| tick(bytes))?;
    write(log, &new, None, &seen, options, tick)
}

fn grow(log: &Path, seen: &Seen<'_>, options: Options, tick: &mut Tick<'_>) -> Result<Plan, MigrateError> {
    let mut old = LogFile::open(log)?;
    let detected = detect(&old)?;
    if detected.known().is_err() && !old.is_empty() {
        return Ok(unfit(&detected));
    }
    old.map_if_guarded();
    let right = if options.force { None } else { look(&old, tick)?.right() };
    let is_noted = |right: &Right| right.is_current && right.meta.migrated_from.as_deref() == Some(&seen.stamps);
    let right = match right {
        Some(right) if is_noted(&right) => return note_current(&old, right, options, tick),
        right => right,
    };
    let leave = |reason| Ok(skipped(Some(Dialect::JcodeV1), reason));
    match from_v1::growth(&old, old.stamp(), seen, &mut |bytes| tick(bytes))? {
        from_v1::Plan::Diverged => {
            leave("diverged: entries were appended to the log and jcode went on writing v1; both are untouched")
        }
        from_v1::Plan::Torn => leave("the log's last line is incomplete; `repair` sets it aside"),
        from_v1::Plan::Nothing => nothing_new(&old, right, &seen.stamps, options, tick),
        from_v1::Plan::Write(new) => write(log, &new, Some(&old), seen, options, tick),
    }
}

/// The log already holds all of v1. Only the sidecar may need work, or its note of the v1 stamps.
fn nothing_new(
    log: &LogFile,
    right: Option<Right>,
    stamps: &str,
    options: Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, MigrateError> {
    let is_current = right.as_ref().is_some_and(|right| right.is_current);
    if !is_current {
        before_sidecar(log.path())?;
    }
    let entries = count_entries(log, tick)?;
    if !options.dry_run {
        rebuild::settle_or_build(log, right, &now(), tick)?;
        rebuild::note_source(log, stamps)?;
    }
    Ok(if is_current { up_to_date(entries) } else { index(entries) })
}

fn write(
    log: &Path,
    new: &FromV1<'_, LogFile>,
    old: Option<&LogFile>,
    seen: &Seen<'_>,
    options: Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, MigrateError> {
    let plan = Plan {
        action: MigrateAction::Upgrade,
        dialect: Some(Dialect::JcodeV1),
        entry_count: new.entries,
        bytes_needed: new.bytes().saturating_add(sidecar_bytes(new.entries)),
        reason: None,
    };
    check_room(log, plan.bytes_needed)?;
    if is_link(log) {
        return Ok(link(plan));
    }
    check_names(log)?;
    if options.dry_run {
        if let Some(old) = old {
            drop(rebuild::lock(old)?);
        }
        return Ok(plan);
    }
    let _lock = SessionLock::acquire(log)?;
    let storage = segments::storage(log);
    new.run(SessionStore::open(&storage)?, seen, host::now_ms(), &mut |bytes| tick(bytes))?;
    index_new(log, &Known { synced_len: new.bytes(), migrated_from: Some(seen.stamps.clone()), ..now() }, tick)?;
    Ok(plan)
}
