//! Which record is the header. Owns the rule of the contract, word by word: the first record of type
//! `session` among the lines before the first entry, found within the first MiB.

use crate::oracle::fields;
use crate::oracle::scan::Record;

/// Where readers look for the header.
const WHERE_IT_IS_LOOKED_FOR: u64 = 1 << 20;

/// The number of the header among all records of a log.
pub fn header_of(records: &[Record]) -> Option<usize> {
    let before_first_entry = records.iter().take_while(|record| !is_entry(record));
    let near = before_first_entry.take_while(|record| record.line_end <= WHERE_IT_IS_LOOKED_FOR);
    near.enumerate().find(|(_, record)| fields::is_session(&record.object)).map(|(at, _)| at)
}

/// Whether a line that ends there may hold the header, these being the records before it.
pub fn may_follow(records: &[Record], line_end: u64) -> bool {
    line_end <= WHERE_IT_IS_LOOKED_FOR
        && header_of(records).is_none()
        && !records.iter().any(is_entry)
        && records.iter().all(|record| record.line_end <= WHERE_IT_IS_LOOKED_FOR)
}

/// An entry has an id and a parent, whatever they say.
fn is_entry(record: &Record) -> bool {
    let has = |name| fields::field(&record.object, name).is_some();
    !fields::is_session(&record.object) && has("id") && (has("parentId") || has("parent_id"))
}
