//! Undo: takes a rollback or a repair back, byte for byte.
//!
//! If you change a step, then change section 7.4 of `docs/format.md` and the crash tests first.
//!
//! Owns: when an undo is refused, and the order of steps, each of which ends with a sync: 1. the earlier log is written
//! aside, from the rest of the log and the bytes set aside, and compared; 2. with `force`, bytes that were appended since
//! are set aside in `quarantine/`; so is a repaired log; 3. the ledger gains the row; 4. the file is renamed over the log.
//! Invariant: before step 4 the log is unchanged, after it the log is as before the rollback or repair. It can be stopped
//! up to the end of step 2, and nothing is then set aside. Bytes that were
//! set aside stay in `quarantine/`. An undo copies the log, unlike a rollback, because appending in place would show
//! other programs half of the returning bytes.

use super::error::StoreError;
use super::history::History;
use super::ledger::{Event, LedgerRow};
use super::session_store::SessionStore;
use super::set_aside::{self, Kept};
use crate::source::{ByteSource, Tick, Watched};
use crate::storage::{Place, Storage, StorageFile};
use crate::write::{QuarantineName, set_aside};
use alloc::format;
use alloc::string::String;

/// Options of an undo.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Set aside bytes that were appended since.
    pub force: bool,
    /// The current time, Unix milliseconds.
    pub now_ms: i64,
}

/// The effects of an undo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Number of the row that is taken back.
    pub row: u64,
    /// Its event: a rollback or a repair.
    pub event: Event,
    /// Its time.
    pub timestamp: String,
    /// Current length of the log.
    pub from_len: u64,
    /// Length of the log afterwards.
    pub to_len: u64,
    /// Number of bytes appended since, which are set aside.
    pub appended: u64,
    /// This finishes an interrupted undo.
    pub finishes: bool,
    /// The undo took place but was never reported; nothing more is done.
    pub unacknowledged: bool,
    /// Path below the store of the bytes that left the log; `None` until it is done.
    pub set_aside: Option<String>,
}

/// Plans an undo, without writing.
///
/// # Errors
/// Fails if there is nothing to undo, the undo is refused, or `tick` stops it.
pub fn plan<S: Storage>(
    session: &SessionStore<'_, S>,
    options: &Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, StoreError> {
    let plan = intend(session, options)?;
    if !plan.unacknowledged
        && let Some(taken_back) = row_of(session, &plan)
    {
        removed(session, taken_back)?.0.check(tick)?;
    }
    Ok(plan)
}

/// The row that is taken back.
fn row_of<'s, S: Storage>(session: &'s SessionStore<'_, S>, plan: &Plan) -> Option<&'s LedgerRow> {
    let ledger = &session.ledger_file.ledger;
    ledger.rows.get(ledger.index_of(plan.row)?)
}

/// The plan, without a check of the bytes that return.
fn intend<S: Storage>(session: &SessionStore<'_, S>, options: &Options) -> Result<Plan, StoreError> {
    if let Some(plan) = unacknowledged(session)? {
        return Ok(plan);
    }
    let ledger = &session.ledger_file.ledger;
    let open = session.pending_row()?;
    let finishes = open.and_then(|open| ledger.rows.get(open)).is_some_and(|row| row.event == Event::Undo);
    let history = History::of(ledger);
    let index = match open.and_then(|open| Some((open, ledger.rows.get(open)?))) {
        // The row that the interrupted undo was to take back.
        Some((open, _)) if finishes => history.before(open).undo,
        Some((_, row)) => return Err(StoreError::NeverTookPlace(row.event)),
        None => history.now.undo,
    };
    let index = index.ok_or(StoreError::NothingToUndo)?;
    let (Some(row), Some(&number)) = (history.row(index), ledger.numbers.get(index)) else {
        return Err(StoreError::NothingToUndo);
    };
    let (Some(after), Some(before)) = (row.state(), &row.from) else { return Err(StoreError::NothingToUndo) };
    if after.len > 0 && !session.begins_with(&after)? && !is_whole(row) {
        return Err(StoreError::OtherLog { len: after.len });
    }
    let same = session.state()? == after;
    let appended = match is_whole(row) {
        true if same => 0,
        true => session.len(),
        false => session.len() - after.len,
    };
    if appended > 0 && !options.force {
        let appended = if session.begins_with(&after)? { session.len() - after.len } else { appended };
        return Err(StoreError::Appended { appended, what: row.event, since: row.timestamp.clone() });
    }
    Ok(Plan {
        row: number,
        event: row.event,
        timestamp: row.timestamp.clone(),
        from_len: session.len(),
        to_len: before.len,
        appended,
        finishes,
        unacknowledged: false,
        set_aside: None,
    })
}

/// The last undo, if it took place but was never reported.
fn unacknowledged<S: Storage>(session: &SessionStore<'_, S>) -> Result<Option<Plan>, StoreError> {
    let Some(row) = session.unacknowledged(Event::Undo)? else { return Ok(None) };
    let ledger = &session.ledger_file.ledger;
    let taken_back = row.target.and_then(|number| ledger.index_of(number)).and_then(|index| ledger.rows.get(index));
    let (Some(taken_back), Some(number), Some(from)) = (taken_back, row.target, &row.from) else { return Ok(None) };
    Ok(Some(Plan {
        row: number,
        event: taken_back.event,
        timestamp: taken_back.timestamp.clone(),
        from_len: from.len,
        to_len: row.logical_len,
        appended: if row.set_aside.is_some() { from.len.saturating_sub(taken_back.logical_len) } else { 0 },
        finishes: true,
        unacknowledged: true,
        set_aside: row.set_aside.clone(),
    }))
}

/// True if the row's change replaced the log instead of cutting it.
fn is_whole(row: &LedgerRow) -> bool {
    kept(row).is_none_or(|name| name.offset == 0)
}

fn kept(row: &LedgerRow) -> Option<QuarantineName> {
    QuarantineName::parse(row.set_aside_name()?.as_str())
}

/// Runs the undo; the session shows the new log afterwards. Once the user has been told, call
/// [`SessionStore::acknowledge`].
///
/// # Errors
/// Same errors as [`plan`], and any storage error; the log is then unchanged or as before the rollback or repair. If
/// `tick` stops it, the log is unchanged.
pub fn run<S: Storage>(
    session: &mut SessionStore<'_, S>,
    options: &Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, StoreError> {
    let done = take_back(session, options, tick);
    set_aside::or_dropped(session.storage, done)
}

fn take_back<S: Storage>(
    session: &mut SessionStore<'_, S>,
    options: &Options,
    tick: &mut Tick<'_>,
) -> Result<Plan, StoreError> {
    let mut plan = match intend(session, options) {
        Err(StoreError::NeverTookPlace(event)) => {
            session.resolve_pending(options.now_ms)?;
            return Err(StoreError::NeverTookPlace(event));
        }
        other => other?,
    };
    if plan.unacknowledged {
        return Ok(plan);
    }
    let Some(taken_back) = row_of(session, &plan).cloned() else { return Err(StoreError::NothingToUndo) };
    let new = put_together(session, &taken_back, tick)?;
    // A repaired log exists nowhere else. After a rollback only bytes appended since exist nowhere else.
    if (plan.appended > 0 || plan.event == Event::Repair)
        && let Some(log) = &session.log
    {
        let name = if is_whole(&taken_back) {
            set_aside::whole_log(session.storage, log, options.now_ms, tick)?
        } else {
            let appended = taken_back.logical_len..log.len();
            set_aside(session.storage, &Watched::new(log, tick), appended, options.now_ms)?
        };
        plan.set_aside = name.name().map(|name| format!("quarantine/{}", name.as_str()));
    }
    if !plan.finishes {
        let before = taken_back.from.clone();
        let words = format!("took back the {} of {}", taken_back.event, taken_back.timestamp);
        let index = session.ledger_file.ledger.index_of(plan.row);
        let top = index.and_then(|index| History::of(&session.ledger_file.ledger).before(index).top);
        let state = top.and_then(|top| session.ledger_file.ledger.rows.get(top));
        let state = state.filter(|row| row.state() == taken_back.from);
        let digest = state.map(|row| row.digest.clone()).unwrap_or_default();
        let leaf = state.and_then(|row| row.branch_leaf.clone());
        let mut row = LedgerRow::new(Event::Undo, options.now_ms, plan.to_len, digest, &words);
        row.branch_leaf = leaf;
        row.fingerprint = before.map(|before| before.fingerprint);
        row.from = Some(session.state()?);
        row.target = Some(plan.row);
        row.set_aside.clone_from(&plan.set_aside);
        session.ledger_file.announce(session.storage, alloc::vec![row])?;
    }
    set_aside::publish_log(session.storage, new, session.log.as_ref())?;
    session.reopen()?;
    Ok(plan)
}

/// The bytes that left the log, and their offset in it.
fn removed<S: Storage>(session: &SessionStore<'_, S>, row: &LedgerRow) -> Result<(Kept<S::File>, u64), StoreError> {
    let what = row.set_aside.clone().unwrap_or_default();
    let broken = |how| StoreError::Kept { what: what.clone(), how };
    let name = row.set_aside_name().ok_or_else(|| broken("is no name of a file in quarantine"))?;
    let parsed = kept(row).ok_or_else(|| broken("does not tell which bytes it holds"))?;
    let digest = row.set_aside_digest.as_deref().unwrap_or_default();
    let place = Place::Quarantine(name);
    Ok((Kept::open(session.storage, &place, what.clone(), (parsed.len, true), digest)?, parsed.offset))
}

/// The earlier log, written aside and compared.
fn put_together<S: Storage>(
    session: &SessionStore<'_, S>,
    taken_back: &LedgerRow,
    tick: &mut Tick<'_>,
) -> Result<S::File, StoreError> {
    let (removed, offset) = removed(session, taken_back)?;
    let mut new = set_aside::new_log(session.storage)?;
    if let Some(log) = session.log.as_ref().filter(|_| offset > 0) {
        set_aside::copy(&Watched::new(log, tick), offset, &mut new, |_| ())?;
    }
    removed.copy_to(&mut new, tick)?;
    new.sync_data()?;
    let is_before = match &taken_back.from {
        Some(before) => before.len == new.len() && before.begins(&new)?,
        None => false,
    };
    if is_before { Ok(new) } else { Err(removed.is_other()) }
}
