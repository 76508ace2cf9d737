//! The tree. Owns parent links, cycles, depth, leaves and branch points. After `link` every chain of parents ends in a
//! root, whatever the log says.

use crate::oracle::fields::{self, Named};
use crate::oracle::lookup::Lookup;
use crate::oracle::model::{OracleBranchPoint, OracleEntry, OracleFinding};
use crate::oracle::scan::Record;

/// Gives every entry its place in the tree.
pub fn link(entries: &mut [OracleEntry], sources: &[&Record], findings: &mut Vec<OracleFinding>) {
    let lookup = Lookup::new(entries);
    for at in 0..entries.len() {
        let code = match fields::parent(&sources[at].object) {
            Named::Nothing => continue,
            Named::Junk => "bad-field",
            // An id that cannot be decoded is still an id, one that no entry has.
            Named::Undecodable(_) => "missing-parent",
            Named::Id(id) => {
                entries[at].parent = lookup.resolve(&id, at);
                if entries[at].log_id.as_ref() == Some(&id) { "parent-cycle" } else { "missing-parent" }
            }
        };
        if entries[at].parent.is_none() {
            findings.push(found(code, &entries[at]));
        }
    }
    for at in cycle_heads(entries) {
        entries[at].parent = None;
        findings.push(found("parent-cycle", &entries[at]));
    }
    set_depths(entries);
    for (at, children) in children(entries).iter().enumerate() {
        entries[at].leaf = children.is_empty();
        entries[at].branch_point = children.len() >= 2;
    }
}

/// The entries without a parent, in file order.
pub fn roots(entries: &[OracleEntry]) -> Vec<usize> {
    (0..entries.len()).filter(|&at| entries[at].parent.is_none()).collect()
}

/// The entries with two or more children, in file order.
pub fn branch_points(entries: &[OracleEntry]) -> Vec<OracleBranchPoint> {
    let all = children(entries).into_iter().enumerate();
    all.filter(|(_, children)| children.len() >= 2)
        .map(|(entry, children)| OracleBranchPoint { entry, children })
        .collect()
}

fn found(code: &'static str, entry: &OracleEntry) -> OracleFinding {
    OracleFinding::new(code, entry.offset, entry.line)
}

/// The first member in file order of each cycle. An entry has at most one parent, so a walk along the parents meets at
/// most one cycle.
fn cycle_heads(entries: &[OracleEntry]) -> Vec<usize> {
    let mut heads = Vec::new();
    let mut visited = vec![false; entries.len()];
    for start in 0..entries.len() {
        let mut walked = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next.filter(|&at| !visited[at]) {
            visited[at] = true;
            walked.push(at);
            next = entries[at].parent;
        }
        // If the walk returns to one of its own entries, it has gone round a cycle since that entry.
        if let Some(again) = next {
            heads.extend(walked.iter().skip_while(|&&at| at != again).min());
        }
    }
    heads
}

fn set_depths(entries: &mut [OracleEntry]) {
    for start in 0..entries.len() {
        // A depth of 0 is not yet known. Go up to a known depth, then count back down.
        let mut unknown = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next.filter(|&at| entries[at].depth == 0) {
            unknown.push(at);
            next = entries[at].parent;
        }
        let mut depth = next.map_or(0, |at| entries[at].depth);
        for at in unknown.into_iter().rev() {
            depth += 1;
            entries[at].depth = depth;
        }
    }
}

fn children(entries: &[OracleEntry]) -> Vec<Vec<usize>> {
    let mut children = vec![Vec::new(); entries.len()];
    for (at, entry) in entries.iter().enumerate() {
        if let Some(parent) = entry.parent {
            children[parent].push(at);
        }
    }
    children
}
