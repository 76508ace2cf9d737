//! The reference model of a `tree-v3` log: it reads a whole log from memory and says what is in it, as simply as
//! possible. It shares no code with the engine, so both agree only if both follow the contract. It is slow by design:
//! obvious correctness goes before speed.
//!
//! Stages, one file each: bytes to lines (`frame`, `batch`), lines to records and damage (`scan`, `salvage`), records
//! to header and entries (`header`, `entries`), entries to a tree (`lookup`, `tree`), names on it (`labels`). `search`
//! holds the searchable texts of an entry.

pub mod agents;
mod batch;
mod entries;
mod fields;
mod frame;
mod header;
mod json;
mod labels;
mod lookup;
mod model;
pub mod said;
mod salvage;
mod scan;
pub mod search;
mod text;
mod time;
mod tree;

#[cfg(test)]
mod tests;

pub use model::{OracleBranchPoint, OracleEntry, OracleFinding, OracleHeader, OracleLabel, OracleLeaf, OracleLog};

/// Reads a `tree-v3` log. Never fails: damage becomes a finding.
#[must_use]
pub fn read_log(bytes: &[u8]) -> OracleLog {
    let scan = scan::scan(bytes);
    let mut found = entries::build(&scan.records);
    found.findings.extend(scan.findings);
    tree::link(&mut found.entries, &found.sources, &mut found.findings);
    let labels = labels::holding(&found.entries, &found.sources);
    let leaves = labels::leaves(&found.entries, &labels);
    found.findings.sort_by_key(|finding| (finding.offset, finding.code));
    OracleLog {
        header: found.header,
        roots: tree::roots(&found.entries),
        branch_points: tree::branch_points(&found.entries),
        leaves,
        labels: labels.into_iter().map(|held| held.label).collect(),
        active_leaf: found.entries.last().map(|entry| entry.key.clone()),
        findings: found.findings,
        entries: found.entries,
    }
}
