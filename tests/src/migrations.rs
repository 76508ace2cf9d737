//! Migrations of sessions in memory.
//!
//! Owns: core's migrations over the files of a machine, and the check of the ledger afterwards.
//! Invariant: every plan is carried out at once, without a crash.

use crate::crash_storage::World;
use crate::jcode_model::V1Files;
use crate::sessions::{NOW, Store, bytes_of_log, opened, stored, with_log};
use crate::v1_steps::sources_of;
use jcode_session_core::dialect::jcode::V1Sources;
use jcode_session_core::dialect::{CurrentLog, detect, present};
use jcode_session_core::source::{SliceSource, go_on};
use jcode_session_core::storage::{Place, Storage, StorageError, StorageFile, open_if_there};
use jcode_session_core::store::history::{History, How};
use jcode_session_core::store::ledger::Event;
use jcode_session_core::store::migrate::from_v1::{self, Plan};
use jcode_session_core::store::migrate::upgrade::Upgrade;
use jcode_session_core::store::{LogState, SessionStore};

/// Upgrades the log in place, if it has an older dialect.
///
/// # Errors
/// Any error of core.
pub fn upgrade(store: &Store) -> Result<(), String> {
    let seen = store.stamp(&Place::Log).expect("known").ok_or("there is no log")?;
    let bytes = bytes_of_log(store).ok_or("there is no log")?;
    let source = SliceSource(&bytes);
    let detected = detect(&source).expect("in memory");
    let log = present(source, &detected, &mut go_on).expect("in memory");
    let CurrentLog::Upgraded(upgraded) = log else { return Ok(()) };
    let upgrade = Upgrade::plan(detected.dialect, upgraded.rope, &mut go_on).expect("in memory");
    let session = SessionStore::open(store).map_err(|error| error.to_string())?;
    upgrade.run(session, seen, NOW, &mut go_on).map(|_| ()).map_err(|error| error.to_string())
}

/// A log that was upgraded in place, with its original kept.
///
/// # Panics
/// Panics if the upgrade fails.
#[must_use]
pub fn upgraded(original: &[u8]) -> World {
    let machine = with_log(original);
    upgrade(&stored(&machine)).expect("upgraded");
    machine.world()
}

/// v1 files in memory, which nobody changes meanwhile.
struct Files<'f>(&'f V1Files);

impl<'f> from_v1::V1Files for Files<'f> {
    type Source = SliceSource<'f>;

    fn open(&self) -> Result<V1Sources<SliceSource<'f>>, StorageError> {
        Ok(sources_of(self.0))
    }

    fn unchanged(&self) -> bool {
        true
    }
}

/// Migrates v1 files, for the first time or after they grew.
///
/// # Errors
/// Any error of core, or the reason why a log is left alone.
pub fn migrate_v1(store: &Store, files: &V1Files) -> Result<(), String> {
    let files = Files(files);
    let old = open_if_there(store, &Place::Log).map_err(|error| error.to_string())?;
    let plan = match &old {
        Some(log) => from_v1::growth(log, log.stamp().expect("known"), &files, &mut go_on),
        None => from_v1::first(&files, &mut go_on).map(Plan::Write),
    };
    match plan.map_err(|error| error.to_string())? {
        Plan::Nothing => Ok(()),
        Plan::Write(new) => {
            let session = SessionStore::open(store).map_err(|error| error.to_string())?;
            new.run(session, &files, NOW, &mut go_on).map_err(|error| error.to_string())
        }
        other => Err(format!("left alone: {other:?}")),
    }
}

/// Whether the ledger says that a migration made the log, and offers the given way back to the state before.
#[must_use]
pub fn is_told(store: &Store, how: impl Fn(&How) -> bool) -> bool {
    let log = bytes_of_log(store).expect("a log");
    let now = LogState::of(&SliceSource(&log), log.len() as u64).expect("in memory");
    let session = opened(store);
    let history = History::of(&session.ledger_file().ledger);
    let states = history.reachable();
    let newest = states.first().and_then(|state| history.row(state.row));
    newest.is_some_and(|row| row.event == Event::Migrate && row.state() == Some(now))
        && states.get(1).is_some_and(|before| how(&before.how))
}
