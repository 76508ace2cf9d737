//! A last row of the ledger that announces what has not taken place.
//!
//! Owns: telling that from the log alone.
//! Invariant: a row is on the disk before what it announces happens, so only the last row can be pending.

use super::ledger::Ledger;
use super::state::LogState;
use crate::source::{ByteSource, SourceError};

/// The last row, if it announces what did not take place in the log, of which there may be none.
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
    // Where one state begins with the other, the longer one is what the log is.
    let took_place = begins(&to)? && to.len >= from.len;
    Ok((!took_place).then_some(index))
}

/// The ledger without a last row that announces what did not take place.
///
/// # Errors
/// If the log cannot be read.
pub fn without_pending(ledger: &Ledger, log: Option<&(impl ByteSource + ?Sized)>) -> Result<Ledger, SourceError> {
    let mut ledger = ledger.clone();
    if let Some(open) = pending_row(&ledger, log)? {
        ledger.rows.truncate(open);
        ledger.numbers.truncate(open);
    }
    Ok(ledger)
}
