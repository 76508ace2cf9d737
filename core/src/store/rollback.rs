//! Rollback: returns a session to an earlier state.
//!
//! If you change a step, then change section 7.3 of `docs/format.md` and the crash tests first.
//!
//! Owns: the choice of the state, the plan, and the order of steps, each of which ends with a sync:
//! 1. the bytes that leave the log are copied to `quarantine/`; a log that is replaced gets a second name there;
//! 2. the ledger gains a checkpoint of the log, unless there is one, and the rollback's row;
//! 3. the log is cut; or the kept original, or what a repair set aside, is renamed over it; or, if there was no log in
//!    that state, its name is removed.
//!
//! Invariant: before step 3 the log is unchanged, after it the log is in the earlier state. It can be stopped up to the
//! end of step 1, and nothing is then set aside. The row names both states,
//! so the log itself shows which holds. A rollback that was interrupted continues when it is run again.

use super::checkpoint::{self, digest};
use super::error::StoreError;
use super::history::{History, How, Reachable};
use super::ledger::{Event, Ledger, LedgerRow, digest_hex};
use super::pending::without_pending;
use super::session_store::SessionStore;
use super::set_aside::{self, Kept};
use crate::source::{ByteSource, Tick, Watched};
use crate::storage::{Folder, Named, Place, PublishError, Storage, StorageFile, open_if_there};
use crate::write::{count_records, set_aside};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Options of a rollback.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Return to the newest state at or before this time (Unix milliseconds); `None`: to the newest state that differs
    /// from the current one.
    pub to_ms: Option<i64>,
    /// The current time, Unix milliseconds.
    pub now_ms: i64,
    /// The files from which the log was migrated still exist, so the log may be removed.
    pub has_source: bool,
}

/// The effects of a rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Row number of the earlier state.
    pub target: u64,
    /// Time at which that state was recorded.
    pub timestamp: String,
    /// Note of its row.
    pub note: String,
    /// How to return to it.
    pub how: How,
    /// Current length of the log.
    pub from_len: u64,
    /// Length of the log in that state.
    pub to_len: u64,
    /// Number of records that leave the log, if it is cut.
    pub records: Option<u64>,
    /// This finishes an interrupted rollback.
    pub finishes: bool,
    /// The log is in that state already; nothing is done.
    pub is_there: bool,
    /// The rollback took place but was never reported; nothing more is done.
    pub unacknowledged: bool,
    /// Path below the store of the bytes that left the log; `None` until it is done.
    pub set_aside: Option<String>,
}

/// Plans a rollback, without writing.
///
/// # Errors
/// Fails if there is no such state, the session cannot return to it, or `tick` stops it.
pub fn plan<S: Storage>(
    session: &SessionStore<'_, S>,
    options: &Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, StoreError> {
    let plan = intend(session, options, tick)?;
    if !plan.unacknowledged
        && !plan.is_there
        && let Some(target) = target_of(session, &plan)
        && let Some(kept) = kept(session, &plan.how, target)?
    {
        kept.check(tick)?;
    }
    Ok(plan)
}

/// The row of the earlier state.
fn target_of<'s, S: Storage>(session: &'s SessionStore<'_, S>, plan: &Plan) -> Option<&'s LedgerRow> {
    let ledger = &session.ledger_file.ledger;
    ledger.rows.get(ledger.index_of(plan.target)?)
}

/// The plan, without a check of the bytes that return.
fn intend<S: Storage>(
    session: &SessionStore<'_, S>,
    options: &Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, StoreError> {
    if let Some(plan) = unacknowledged(session, options, tick)? {
        return Ok(plan);
    }
    if let Some(row) = interrupted(session, options, tick)? {
        return Ok(Plan { finishes: true, ..row });
    }
    // An open row counts as not written.
    let ledger = without_pending(&session.ledger_file.ledger, session.log.as_ref())?;
    let history = History::of(&ledger);
    let mut only_asked = String::new();
    // With a time, also states that lists leave out.
    let states = match options.to_ms {
        Some(_) => history.reachable(),
        None => checkpoint::offered(&history, options.now_ms),
    };
    for state in states {
        let Some(row) = history.row(state.row) else { continue };
        if options.to_ms.is_some_and(|to| row.at_ms().is_none_or(|at| at > to)) {
            continue;
        }
        let is_now = row.state().is_some_and(|then| session.state().is_ok_and(|now| now == then));
        if is_now && options.to_ms.is_none() || !can_return(session, &state, row, options)? {
            only_asked = String::from("that the log still agrees with");
            continue;
        }
        let number = ledger.numbers.get(state.row).copied().unwrap_or_default();
        return describe(session, (number, row), state.how, is_now, tick);
    }
    let asked = match options.to_ms {
        Some(to) => format!("at or before {}", crate::log::time::format(to).unwrap_or_default()),
        None if only_asked.is_empty() => String::from("yet"),
        None => String::from("that differs from now"),
    };
    Err(StoreError::NoCheckpoint(asked))
}

/// The last rollback, if it took place but was never reported.
fn unacknowledged<S: Storage>(
    session: &SessionStore<'_, S>,
    options: &Options,
    tick: &mut Tick<'_>,
) -> Result<Option<Plan>, StoreError> {
    let Some(row) = session.unacknowledged(Event::Rollback)?.filter(|_| options.to_ms.is_none()) else {
        return Ok(None);
    };
    let ledger = &session.ledger_file.ledger;
    let Some((target, how)) = target_of_last(ledger) else { return Ok(None) };
    let removed = match (&how, row.set_aside_name().map(Place::Quarantine)) {
        (How::Cut, Some(place)) => open_if_there(session.storage, &place)?,
        _ => None,
    };
    let records = match removed {
        Some(file) => Some(count_records(&file, 0, tick)?),
        None => None,
    };
    let plan = describe(session, (row.target.unwrap_or_default(), target), how, false, tick)?;
    let from_len = row.from.as_ref().map_or(0, |from| from.len);
    Ok(Some(Plan { from_len, records, finishes: true, unacknowledged: true, set_aside: row.set_aside.clone(), ..plan }))
}

/// The last rollback, if it was announced and interrupted and matches the options.
fn interrupted<S: Storage>(
    session: &SessionStore<'_, S>,
    options: &Options,
    tick: &mut Tick<'_>,
) -> Result<Option<Plan>, StoreError> {
    let ledger = &session.ledger_file.ledger;
    let Some(row) = session.pending_row()?.and_then(|open| ledger.rows.get(open)) else { return Ok(None) };
    let (Event::Rollback, Some((target, how))) = (row.event, target_of_last(ledger)) else { return Ok(None) };
    if options.to_ms.is_some_and(|to| target.at_ms().is_none_or(|at| at > to)) {
        return Ok(None);
    }
    let grown = row.from.as_ref().is_none_or(|from| from.len != session.len());
    let state = Reachable { row: 0, how: how.clone() };
    if grown || !can_return(session, &state, target, options)? {
        return Ok(None);
    }
    Ok(Some(describe(session, (row.target.unwrap_or_default(), target), how, false, tick)?))
}

/// The state to which the last row, a rollback, returns, and the way back to it.
fn target_of_last(ledger: &Ledger) -> Option<(&LedgerRow, How)> {
    let target = ledger.rows.last()?.target.and_then(|number| ledger.index_of(number))?;
    let mut before = ledger.clone();
    before.rows.pop();
    before.numbers.pop();
    let states = History::of(&before).reachable();
    let how = states.into_iter().find(|state| state.row == target)?.how;
    Some((ledger.rows.get(target)?, how))
}

fn can_return<S: Storage>(
    session: &SessionStore<'_, S>,
    state: &Reachable,
    row: &LedgerRow,
    options: &Options,
) -> Result<bool, StoreError> {
    Ok(match (&state.how, &session.log) {
        (How::Gone, log) => options.has_source && log.is_some(),
        (How::File(name), _) => session.storage.stamp(&Place::Checkpoint(name.clone()))?.is_some(),
        (How::SetAside { name, .. }, _) => session.storage.stamp(&Place::Quarantine(name.clone()))?.is_some(),
        (How::Cut, None) => false,
        (How::Cut, Some(log)) => match row.state() {
            // A log is cut only behind a line.
            Some(then) if then.begins(log)? => log.read_vec(then.len - 1, 1)? == b"\n",
            _ => false,
        },
    })
}

fn describe<S: Storage>(
    session: &SessionStore<'_, S>,
    (target, row): (u64, &LedgerRow),
    how: How,
    is_there: bool,
    tick: &mut Tick<'_>,
) -> Result<Plan, StoreError> {
    let records = match (&how, &session.log) {
        (How::Cut, Some(log)) => Some(count_records(log, row.logical_len, tick)?),
        _ => None,
    };
    Ok(Plan {
        target,
        timestamp: row.timestamp.clone(),
        note: row.note.clone(),
        how,
        from_len: session.len(),
        to_len: row.logical_len,
        records,
        finishes: false,
        is_there,
        unacknowledged: false,
        set_aside: None,
    })
}

/// Runs the rollback; the session shows the new log afterwards. Once the user has been told, call
/// [`SessionStore::acknowledge`].
///
/// # Errors
/// Same errors as [`plan`], and any storage error; the log is then unchanged or in the earlier state. If `tick` stops it,
/// the log is unchanged.
pub fn run<S: Storage>(
    session: &mut SessionStore<'_, S>,
    options: &Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, StoreError> {
    let done = go_back(session, options, tick);
    set_aside::or_dropped(session.storage, done)
}

fn go_back<S: Storage>(
    session: &mut SessionStore<'_, S>,
    options: &Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, StoreError> {
    let mut plan = intend(session, options, tick)?;
    if plan.is_there {
        session.resolve_pending(options.now_ms)?;
        return Ok(plan);
    }
    if plan.unacknowledged {
        return Ok(plan);
    }
    if !plan.finishes {
        session.resolve_pending(options.now_ms)?;
    }
    let Some(target) = target_of(session, &plan).cloned() else {
        return Err(StoreError::NoCheckpoint(plan.timestamp));
    };
    // Everything that may fail for lack of space or bytes comes before the announcement.
    let restored = match kept(session, &plan.how, &target)? {
        Some(kept) => Some(restore(session, &kept, tick)?),
        None => None,
    };
    let from = session.state()?;
    // What only reads comes first, so that nothing has been set aside when it is stopped.
    let before =
        if plan.finishes { None } else { session.new_checkpoint(options.now_ms, "before a rollback", tick)? };
    let (name, removed_digest) = match &session.log {
        Some(log) => {
            let start = if plan.how == How::Cut { plan.to_len } else { 0 };
            let removed = digest_hex(&digest(None, &Watched::new(log, tick), start..log.len())?);
            let name = match plan.how {
                How::Cut => set_aside(session.storage, &Watched::new(log, tick), start..log.len(), options.now_ms)?,
                How::File(_) | How::SetAside { .. } | How::Gone => {
                    set_aside::whole_log(session.storage, log, options.now_ms, tick)?
                }
            };
            (name.name(), removed)
        }
        None => (None, String::new()),
    };
    plan.set_aside = name.map(|name| format!("quarantine/{}", name.as_str()));
    if !plan.finishes {
        let mut rows: Vec<LedgerRow> = before.into_iter().collect();
        let words = format!("returned to the checkpoint of {}", target.timestamp);
        let mut row =
            LedgerRow::new(Event::Rollback, options.now_ms, target.logical_len, target.digest.clone(), &words);
        row.branch_leaf.clone_from(&target.branch_leaf);
        row.fingerprint.clone_from(&target.fingerprint);
        row.from = Some(from);
        row.target = Some(plan.target);
        row.set_aside.clone_from(&plan.set_aside);
        row.set_aside_digest = Some(removed_digest);
        rows.push(row);
        session.ledger_file.announce(session.storage, rows)?;
    }
    match (restored, &session.log) {
        (Some(file), log) => set_aside::publish_log(session.storage, file, log.as_ref())?,
        (None, Some(log)) => take_away(session.storage, log, plan.to_len)?,
        (None, None) => {}
    }
    session.reopen()?;
    Ok(plan)
}

/// Cuts the log, or removes it if `to_len` is 0.
fn take_away<S: Storage>(storage: &S, log: &S::File, to_len: u64) -> Result<(), StoreError> {
    let mut file = log.clone();
    // Only bytes that were set aside may be cut or removed.
    if file.named()? != Named::Same(log.len()) {
        return Err(PublishError::Changed { what: Place::Log }.into());
    }
    if to_len == 0 {
        storage.remove(&Place::Log)?;
        storage.sync_folder(Folder::Sessions)?;
    } else {
        file.set_len(to_len)?;
        file.sync_data()?;
    }
    Ok(())
}

/// The file that keeps the bytes of the state; `None` if the state is a cut or has no log.
fn kept<S: Storage>(
    session: &SessionStore<'_, S>,
    how: &How,
    target: &LedgerRow,
) -> Result<Option<Kept<S::File>>, StoreError> {
    let (place, what, may_have_grown, digest) = match how {
        How::Cut | How::Gone => return Ok(None),
        How::File(name) => {
            let what = target.checkpoint_path.clone().unwrap_or_default();
            (Place::Checkpoint(name.clone()), what, false, &target.digest)
        }
        How::SetAside { name, digest } => {
            (Place::Quarantine(name.clone()), format!("quarantine/{}", name.as_str()), true, digest)
        }
    };
    Kept::open(session.storage, &place, what, (target.logical_len, may_have_grown), digest).map(Some)
}

/// Copies a kept file to the temporary file that becomes the log.
fn restore<S: Storage>(
    session: &SessionStore<'_, S>,
    kept: &Kept<S::File>,
    tick: &mut Tick<'_>,
) -> Result<S::File, StoreError> {
    let mut new = set_aside::new_log(session.storage)?;
    kept.copy_to(&mut new, tick)?;
    new.sync_data()?;
    Ok(new)
}
