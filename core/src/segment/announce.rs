//! The common start of sealing, of its reversal and of compression.
//!
//! Owns: recovery of an interrupted change, and the `seal` row.
//! Invariant: no byte moves in a log whose layout is uncertain.

use super::Decompress;
use super::layout::Layout;
use super::segmented::Segmented;
use crate::storage::{SealedExtent, Storage};
use crate::store::ledger::{Event, LedgerRow};
use crate::store::{SessionStore, StoreError, leaf};
use alloc::string::String;

/// Finishes an interrupted change, and returns the layout in force.
pub(super) fn begin<S: Storage + Clone, D: Decompress + Clone>(
    session: &mut SessionStore<'_, Segmented<S, D>>,
    now_ms: i64,
) -> Result<Option<Layout>, StoreError> {
    session.resolve_pending(now_ms)?;
    session.storage.recover()?;
    let detected = session.storage.detect()?;
    if detected.uncertainty.is_some() { Err(StoreError::Uncertain) } else { Ok(detected.layout) }
}

/// Adds the row of a seal, unless an interrupted run has added it.
pub(super) fn announce<S: Storage>(
    session: &mut SessionStore<'_, S>,
    sealed: Option<SealedExtent>,
    note: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    let Some(log) = &session.log else { return Err(StoreError::NothingLeft) };
    let now = session.state()?;
    let is_last = |row: &LedgerRow| {
        (row.event, row.sealed, row.note.as_str()) == (Event::Seal, sealed, note) && row.state().as_ref() == Some(&now)
    };
    if session.ledger_file.ledger.rows.last().is_some_and(is_last) {
        return Ok(());
    }
    let mut row = LedgerRow::new(Event::Seal, now_ms, now.len, String::new(), note);
    row.branch_leaf = leaf(log);
    row.fingerprint = Some(now.fingerprint);
    row.sealed = sealed;
    session.ledger_file.add(session.storage, row)?;
    Ok(())
}
