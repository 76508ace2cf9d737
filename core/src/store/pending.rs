//! Open rows: a last row of the ledger that announces a change that has not taken place.
//!
//! Owns: the detection of an open row from the log alone.
//! Invariant: a row is on the disk before its change happens, so only the last row can be open.

use super::ledger::Ledger;
use super::state::LogState;
use crate::source::{ByteSource, SourceError};

/// The index of the last row, if it is open. `log` is `None` if there is no log.
pub(super) fn pending_row(
    ledger: &Ledger,
    log: Option<&(impl ByteSource + ?Sized)>,
) -> Result<Option<usize>, SourceError> {
    let Some((index, row)) = ledger.rows.iter().enumerate().next_back() else { return Ok(None) };
    let (Some(from), Some(to)) = (&row.from, row.state()) else { return Ok(None) };
    let begins = |state: &LogState| match log {
        Some(log) => state.begins(log),
        None => Ok(state.len == 0),
    };
    if !begins(from)? {
        return Ok(None);
    }
    // If one state is a prefix of the other, the longer one is the log's.
    let took_place = begins(&to)? && to.len >= from.len;
    Ok((!took_place).then_some(index))
}

/// The ledger without an open row.
///
/// # Errors
/// Fails if the log cannot be read.
pub fn without_pending(ledger: &Ledger, log: Option<&(impl ByteSource + ?Sized)>) -> Result<Ledger, SourceError> {
    let mut ledger = ledger.clone();
    if let Some(open) = pending_row(&ledger, log)? {
        ledger.rows.truncate(open);
        ledger.numbers.truncate(open);
    }
    Ok(ledger)
}
