//! The upgrade of one log in place.
//!
//! Owns: the steps between the old log and the new one. Invariant: see [`super`].
//! Does not: know dialects; the rope and the comparison are core's.

use crate::ops::ledger;
use crate::ops::migrate::{MigrateError, Options, Plan, check_room, copy, sidecar_bytes};
use crate::os::log_file::LogFile;
use crate::os::replace::{Expect, publish, temporary_for};
use crate::sidecar::rebuild::{self, Known, Tick};
use jcode_session_core::dialect::{Detected, check_upgrade};
use jcode_session_core::index::IndexBuilder;
use jcode_session_core::log::{LogScan, scan_source};
use jcode_session_core::report::MigrateAction;
use jcode_session_core::source::{ByteSource, Rope, SourceError};
use std::path::Path;

pub(super) fn upgrade(
    path: &Path,
    detected: Detected,
    rope: &Rope<LogFile>,
    options: Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, MigrateError> {
    let Some(old) = rope.sources().first() else { return Err(SourceError::Interrupted.into()) };
    let mut builder = IndexBuilder::new(());
    scan_source(rope, 0..rope.len(), LogScan::new(), &mut builder, &mut |bytes| tick(bytes))?;
    let built = builder.finish();
    let plan = Plan {
        action: MigrateAction::Upgrade,
        dialect: Some(detected.dialect),
        entry_count: built.counts.entries,
        bytes_needed: rope.len().saturating_add(sidecar_bytes(built.counts.entries)),
        reason: None,
    };
    check_room(path, plan.bytes_needed)?;
    if is_link(path) {
        let reason =
            "it is a symbolic link, and no link is written through; migrate the file that it names".to_string();
        return Ok(Plan { action: MigrateAction::Skipped, bytes_needed: 0, reason: Some(reason), ..plan });
    }
    if options.dry_run {
        drop(rebuild::lock(old)?);
        return Ok(plan);
    }
    let lock = rebuild::lock(old)?;
    let mut temporary = temporary_for(path)?;
    copy(rope, &mut temporary)?;
    let written = LogFile::open(temporary.path())?;
    check_upgrade(old, &written, detected.dialect, &mut |bytes| tick(bytes))?;

    let leaf = built.entry_count().checked_sub(1).map(|last| built.key(last));
    let kept = ledger::keep_original(path, old, detected.dialect, leaf.clone())?;
    publish(temporary, path, Expect::Same(old.file_stamp()))?;
    ledger::make_private(path, &kept)?;
    ledger::record_migration(path, &kept, leaf)?;

    drop(lock);
    let mut new = LogFile::open(path)?;
    new.map_if_guarded();
    let known = Known { synced_len: new.len(), ..Known::default() };
    rebuild::build_knowing(&new, &known, tick)?;
    Ok(plan)
}

fn is_link(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}
