//! The oracle's reading of a log, as plain data types. Entries are referred to by their number in file order, which is
//! unambiguous whatever the ids are.

/// Everything the oracle knows about one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OracleLog {
    pub header: Option<OracleHeader>,
    /// In file order.
    pub entries: Vec<OracleEntry>,
    pub roots: Vec<usize>,
    /// In file order of the leaf.
    pub leaves: Vec<OracleLeaf>,
    /// In file order of the branch point.
    pub branch_points: Vec<OracleBranchPoint>,
    /// The labels that hold, in file order of the labelled entry.
    pub labels: Vec<OracleLabel>,
    /// Key of the last entry in the file.
    pub active_leaf: Option<String>,
    /// Ordered by offset, then code.
    pub findings: Vec<OracleFinding>,
}

/// The session header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OracleHeader {
    pub offset: u64,
    pub len: u64,
    pub session_id: Option<String>,
    /// Only if the version is an integer.
    pub version: Option<i64>,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OracleEntry {
    /// The entry's unique key in an index.
    pub key: String,
    /// The entry's id in the log, if it is usable.
    pub log_id: Option<String>,
    /// The parent's id in the log, whether or not that entry exists.
    pub parent_id: Option<String>,
    /// The parent in the tree.
    pub parent: Option<usize>,
    /// The `type`; empty if there is none.
    pub kind: String,
    /// Unix milliseconds.
    pub ts: Option<i64>,
    pub offset: u64,
    pub len: u64,
    /// Line number, from 1.
    pub line: u64,
    pub leaf: bool,
    pub branch_point: bool,
    /// Number of entries from the root to this one; 1 for a root.
    pub depth: u64,
}

impl OracleEntry {
    /// The sidecar's `branch_leaf_marker`.
    #[must_use]
    pub fn marker(&self) -> i64 {
        i64::from(self.leaf) | i64::from(self.branch_point) << 1
    }
}

/// A leaf and the name of its branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OracleLeaf {
    pub entry: usize,
    pub name: Option<String>,
    pub labeled_at: Option<i64>,
}

/// An entry with two or more children, in file order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OracleBranchPoint {
    pub entry: usize,
    pub children: Vec<usize>,
}

/// A label that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OracleLabel {
    /// The labelled entry.
    pub entry: usize,
    pub name: String,
    pub labeled_at: Option<i64>,
}

/// A problem in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OracleFinding {
    pub code: &'static str,
    pub offset: u64,
    /// Line number, from 1.
    pub line: u64,
    /// Number of records salvaged from the damaged line.
    pub salvaged: usize,
    /// Records were salvaged, and nothing but whitespace and NULs was lost.
    pub all_recovered: bool,
}

impl OracleFinding {
    /// A finding that is not about a damaged line.
    pub(crate) fn new(code: &'static str, offset: u64, line: u64) -> Self {
        Self { code, offset, line, salvaged: 0, all_recovered: false }
    }
}

impl OracleLog {
    /// The entries from the root to `entry`, both included.
    #[must_use]
    pub fn path_to(&self, entry: usize) -> Vec<usize> {
        let mut path: Vec<usize> = std::iter::successors(Some(entry), |&at| self.entries[at].parent).collect();
        path.reverse();
        path
    }

    /// The number of the entry with this key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<usize> {
        self.entries.iter().position(|entry| entry.key == key)
    }

    /// The codes of the findings, in their order.
    #[must_use]
    pub fn codes(&self) -> Vec<&'static str> {
        self.findings.iter().map(|finding| finding.code).collect()
    }
}
