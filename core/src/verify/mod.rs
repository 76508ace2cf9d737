//! Verification: findings as data, and the comparison of a log with what is stored about it.
//!
//! Owns: the codes, severities and words of findings, and coherence of rows.
//! Invariant: judged by full content alone; nothing here trusts a time stamp or a size.
//! Does not: change anything, or fail because of what it finds.

mod coherence;
mod finding;

pub use coherence::{Coherence, Comparison, StoredRows, compare_tables};
pub use finding::{Code, Finding, Severity};
