//! The metadata of a stored index: which log it covers, and where a catch-up resumes.
//!
//! Owns: [`IndexMeta`], and how it follows from a full build and from a catch-up.
//! Invariant: both ways give equal metadata for the same log, except times and stamps.
//! Does not: define the stored form; see [`super::meta_rows`].

use super::built::Built;
use super::counts::{Counts, Totals};
use super::tree_checksum::TreeChecksum;
use crate::log::{OpenLine, ScanEnd};
use crate::source::identity::{FileStamp, Fingerprint};
use crate::source::{ByteSource, SourceError};
use alloc::string::{String, ToString};

/// The content of the table `metadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexMeta {
    /// The header's id, else the file's stem.
    pub session_id: String,
    /// Stamp of the log's file when it was indexed; `len` is the indexed length.
    pub stamp: FileStamp,
    /// Fingerprint of the indexed bytes.
    pub fingerprint: Fingerprint,
    /// Counts.
    pub counts: Counts,
    /// Checksum of the tree.
    pub check: TreeChecksum,
    /// Key of the last entry.
    pub active_leaf: Option<String>,
    /// Time of this update, Unix milliseconds.
    pub indexed_at: i64,
    /// Bytes of the log known to be on the disk; 0 if nothing is known.
    pub synced_len: u64,
    /// Where a catch-up resumes.
    pub resume: Resume,
    /// Boot during which the sidecar was last changed without a sync; `None` once it is synced.
    pub unsynced_boot: Option<String>,
    /// Stamps of the files that the log was migrated from, as of the last migration, in the host's form.
    pub migrated_from: Option<String>,
    /// When a migration last built or updated this index, Unix milliseconds.
    pub migrated_at: Option<i64>,
}

/// Where a catch-up resumes scanning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resume {
    /// Nowhere: once the log grows, it must be indexed anew.
    Rebuild,
    /// At this offset.
    At {
        /// Offset.
        offset: u64,
        /// Lines before it.
        lines: u64,
        /// A header or an entry stands before it.
        record_seen: bool,
        /// The next byte must be an LF: the last indexed record lacked it.
        expect_lf: bool,
    },
}

impl Resume {
    /// The resume point behind a finished scan.
    #[must_use]
    pub fn after(end: &ScanEnd) -> Self {
        match end.open_line {
            OpenLine::Salvaged => Self::Rebuild,
            _ if end.held => Self::Rebuild,
            open => Self::At {
                offset: end.resume_at,
                lines: end.lines,
                record_seen: end.record_seen,
                expect_lf: open == OpenLine::Whole,
            },
        }
    }

    /// The resume point behind `more` further whole lines with records, which end at `to`.
    #[must_use]
    pub const fn behind(self, more: u64, to: u64) -> Self {
        match self {
            Self::Rebuild => Self::Rebuild,
            Self::At { lines, record_seen, expect_lf, .. } => Self::At {
                offset: to,
                lines: lines + more,
                record_seen: record_seen || more > 0,
                expect_lf: expect_lf && more == 0,
            },
        }
    }
}

/// What a host observed about a log that it indexed.
#[derive(Debug, Clone, Copy)]
pub struct Observed {
    /// Stamp of the log's file; `len` is the indexed length.
    pub stamp: FileStamp,
    /// The current time, Unix milliseconds.
    pub now_ms: i64,
    /// Bytes of the log known to be on the disk; 0 if nothing is known.
    pub synced_len: u64,
}

impl IndexMeta {
    /// The metadata of a finished full build. `fingerprint` must be taken before the log is read, so that it does not
    /// match a log that is rewritten meanwhile. `stem`: the file's stem, used if the header has no id.
    #[must_use]
    pub fn built<R>(built: &Built<R>, end: &ScanEnd, fingerprint: Fingerprint, observed: Observed, stem: &str) -> Self {
        let session_id = built.header.as_ref().and_then(|header| header.session_id.clone());
        let Totals { counts, check, active_leaf } = built.totals();
        Self {
            session_id: session_id.unwrap_or_else(|| stem.to_string()),
            stamp: observed.stamp,
            fingerprint,
            counts,
            check,
            active_leaf,
            indexed_at: observed.now_ms,
            synced_len: observed.synced_len,
            resume: if built.is_ambiguous() { Resume::Rebuild } else { Resume::after(end) },
            unsynced_boot: None,
            migrated_from: None,
            migrated_at: None,
        }
    }

    /// The metadata after a catch-up, with the new totals; a later catch-up resumes at `resume`.
    #[must_use]
    pub fn grown(&self, totals: Totals, resume: Resume, fingerprint: Fingerprint, observed: Observed) -> Self {
        let Totals { counts, check, active_leaf } = totals;
        Self { counts, check, active_leaf, fingerprint, resume, ..self.restamped(observed) }
    }

    /// The fingerprint of the first `len` bytes of a log that has only grown; `None` if the indexed bytes changed.
    ///
    /// # Errors
    /// Fails if the source cannot be read.
    pub fn fingerprint_grown(
        &self,
        source: &(impl ByteSource + ?Sized),
        len: u64,
    ) -> Result<Option<Fingerprint>, SourceError> {
        let grown = Fingerprint::take(source, len)?;
        // In this order: the new fingerprint must not cover bytes that were rewritten after the comparison.
        let same = Fingerprint::take(source, self.stamp.len)? == self.fingerprint;
        Ok(same.then_some(grown))
    }

    /// The metadata for a file with another stamp and the same indexed bytes.
    #[must_use]
    pub fn restamped(&self, observed: Observed) -> Self {
        let Observed { stamp, now_ms, synced_len } = observed;
        Self { stamp, indexed_at: now_ms, synced_len: self.synced_len.max(synced_len), ..self.clone() }
    }

    /// Counts, tree checksum and active leaf of the log.
    #[must_use]
    pub fn totals(&self) -> Totals {
        Totals { counts: self.counts.clone(), check: self.check, active_leaf: self.active_leaf.clone() }
    }
}
