//! Which record is the header. Owns the rule of the contract, literally: the first record of type `session` among the
//! lines before the first entry, within the first MiB.

use crate::oracle::fields;
use crate::oracle::scan::Record;

/// Readers look for the header in this many bytes.
const WHERE_IT_IS_LOOKED_FOR: u64 = 1 << 20;

/// The position of the header among all records of a log.
pub fn header_of(records: &[Record]) -> Option<usize> {
    let before_first_entry = records.iter().take_while(|record| !is_entry(record));
    let near = before_first_entry.take_while(|record| record.line_end <= WHERE_IT_IS_LOOKED_FOR);
    near.enumerate().find(|(_, record)| fields::is_session(&record.object)).map(|(at, _)| at)
}

/// Whether a line that ends at `line_end` may hold the header, given the records before it.
pub fn may_follow(records: &[Record], line_end: u64) -> bool {
    line_end <= WHERE_IT_IS_LOOKED_FOR
        && header_of(records).is_none()
        && !records.iter().any(is_entry)
        && records.iter().all(|record| record.line_end <= WHERE_IT_IS_LOOKED_FOR)
}

/// Whether the record is an entry: it has an id and a parent, whatever their values.
fn is_entry(record: &Record) -> bool {
    let has = |name| fields::field(&record.object, name).is_some();
    !fields::is_session(&record.object) && has("id") && (has("parentId") || has("parent_id"))
}
