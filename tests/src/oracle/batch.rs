//! Batches. Owns which line begins a batch, and whether the last batch is complete. Nothing of an incomplete batch at
//! the end of a log counts as a record.

use crate::oracle::fields::{field, is_session};
use crate::oracle::frame::Line;
use crate::oracle::json::{Object, Value};
use crate::oracle::salvage::salvage;
use crate::oracle::scan::whole_record;

/// Maximum number of lines in a batch.
const MOST: usize = 1024;

/// The position, among all lines of a log, at which an incomplete batch at its end begins.
pub fn torn_batch(lines: &[Line]) -> Option<usize> {
    let looked_at = lines.len().saturating_sub(MOST)..lines.len();
    let (start, count) = looked_at.rev().find_map(|at| Some((at, begun_by(&lines[at])?)))?;
    let there: usize = lines[start..].iter().map(entries).sum();
    (there < count).then_some(start)
}

/// The number of entries in the batch that this line begins.
fn begun_by(line: &Line) -> Option<usize> {
    let object = whole_record(line.bytes)?;
    let has = |name| field(&object, name).is_some();
    let is_entry = !is_session(&object) && has("id") && (has("parentId") || has("parent_id"));
    let is_plain = line.bytes.windows(7).any(|bytes| bytes == b"\"batch\"");
    count(&object).filter(|_| is_entry && is_plain)
}

fn count(object: &Object) -> Option<usize> {
    match field(object, "batch")? {
        Value::Number(token) => token.parse().ok().filter(|count| (1..=MOST).contains(count)),
        _ => None,
    }
}

/// The number of entries that a line counts for. A damaged line counts for one entry, or for the records salvaged from
/// it; an unterminated line counts only for whole records.
fn entries(line: &Line) -> usize {
    if line.is_blank() {
        return 0;
    }
    if let Some(object) = whole_record(line.bytes) {
        return usize::from(!is_session(&object));
    }
    let salvage = salvage(line.bytes, false);
    (salvage.chain.len() + salvage.tail.len()).max(usize::from(line.terminated))
}
