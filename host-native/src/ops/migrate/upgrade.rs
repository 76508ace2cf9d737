//! The upgrade of one log in place.
//!
//! Owns: lock, room and sidecar of an upgrade. Core decides the steps.
//! Invariant: see [`super`].

use crate::ops::migrate::{
    MigrateError, Options, Plan, check_names, check_room, index_new, is_link, link, now, sidecar_bytes,
};
use crate::os::host;
use crate::os::lock::SessionLock;
use crate::os::log_file::LogFile;
use crate::os::segments;
use crate::os::storage::NativeStorage;
use crate::sidecar::rebuild::{self, Known, Tick};
use jcode_session_core::log::Dialect;
use jcode_session_core::report::MigrateAction;
use jcode_session_core::source::Rope;
use jcode_session_core::storage::Place;
use jcode_session_core::store::SessionStore;
use jcode_session_core::store::migrate::upgrade::Upgrade;
use std::path::Path;

pub(super) fn upgrade(
    path: &Path,
    dialect: Dialect,
    rope: Rope<LogFile>,
    options: Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, MigrateError> {
    let upgrade = Upgrade::plan(dialect, rope, &mut |bytes| tick(bytes))?;
    let plan = Plan {
        action: MigrateAction::Upgrade,
        dialect: Some(dialect),
        entry_count: upgrade.entries,
        bytes_needed: upgrade.bytes().saturating_add(sidecar_bytes(upgrade.entries)),
        reason: None,
    };
    check_room(path, plan.bytes_needed)?;
    if is_link(path) {
        return Ok(link(plan));
    }
    check_names(path)?;
    let old = upgrade.old()?;
    if options.dry_run {
        drop(rebuild::lock(old)?);
        return Ok(plan);
    }
    let _lock = SessionLock::acquire(path)?;
    let storage = segments::storage(path);
    let session = SessionStore::open(&storage)?;
    let kept = upgrade.run(session, old.stamp(), host::now_ms(), &mut |bytes| tick(bytes))?;
    // The original is no longer the log, so it becomes private.
    NativeStorage::new(path).make_private(&Place::Checkpoint(kept))?;
    index_new(path, &Known { synced_len: upgrade.bytes(), ..now() }, tick)?;
    Ok(plan)
}
